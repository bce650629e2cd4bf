/**
 * A small internet: a public network with a KUBE and a TURN server, and two homes, each behind a router that translates addresses. Nothing
 * of it touches the network of the machine.
 */
import { Namespace } from './namespaces.js'

/**
 * What a router does. `cone`: whoever a device speaks to sees it at the same address, so that two who have learnt each other's can
 * speak. `symmetric`: everybody sees it at another one, so that what one has learnt is of no use to another. `no-udp`: as a `cone`, but
 * of TCP only.
 */
export type Nat = 'cone' | 'symmetric' | 'no-udp'

export const PUBLIC = '203.0.113.1'

export class Town implements Disposable {
  readonly square = new Namespace('square')
  readonly homes: readonly [Home, Home]

  constructor(nat: Nat) {
    this.square.ip('link', 'add', 'street', 'type', 'bridge')
    this.square.ip('addr', 'add', `${PUBLIC}/24`, 'dev', 'street')
    this.square.ip('link', 'set', 'street', 'up')
    this.homes = [new Home(this.square, 1, nat), new Home(this.square, 2, nat)]
  }

  [Symbol.dispose](): void {
    for (const { inside, router } of this.homes) {
      inside.remove()
      router.remove()
    }
    this.square.remove()
  }
}

export class Home {
  /** Where a person is. */
  readonly inside: Namespace
  readonly router: Namespace

  constructor(square: Namespace, n: number, nat: Nat) {
    const router = (this.router = new Namespace(`router${n}`))
    const inside = (this.inside = new Namespace(`home${n}`))
    wire(router, 'wan', square, `to${n}`)
    square.ip('link', 'set', `to${n}`, 'master', 'street', 'up')
    router.ip('addr', 'add', `203.0.113.${10 + n}/24`, 'dev', 'wan')
    router.ip('link', 'set', 'wan', 'up')
    wire(router, 'lan', inside, 'eth0')
    router.ip('addr', 'add', `10.0.${n}.1/24`, 'dev', 'lan')
    router.ip('link', 'set', 'lan', 'up')
    inside.ip('addr', 'add', `10.0.${n}.2/24`, 'dev', 'eth0')
    inside.ip('link', 'set', 'eth0', 'up')
    inside.ip('route', 'add', 'default', 'via', `10.0.${n}.1`)
    router.exec('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    const ports = nat === 'symmetric' ? ['--random-fully'] : []
    router.exec('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'wan', '-j', 'MASQUERADE', ...ports)
    // Nothing comes in that was not asked for. Were it answered, what is said to the same place a moment later would seem to come from elsewhere.
    router.exec('iptables', '-A', 'INPUT', '-i', 'wan', '-j', 'DROP')
    if (nat === 'no-udp') router.exec('iptables', '-A', 'FORWARD', '-p', 'udp', '-j', 'DROP')
  }
}

function wire(one: Namespace, oneEnd: string, other: Namespace, otherEnd: string): void {
  one.ip('link', 'add', oneEnd, 'type', 'veth', 'peer', 'name', otherEnd, 'netns', other.name)
}
