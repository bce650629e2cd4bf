/** A session with a KUBE that keeps spaces in which everything is said by hand. */
import type { KeptKeys } from '../../../worker/halo/kept/kept-keys.js'
import type { Signer } from '../../../worker/halo/suite/signing.js'
import { call } from '../../../worker/mesh/handshaking.js'
import { Session } from '../../../worker/mesh/session.js'
import { KEEP_TOPIC, type Message } from '../../../worker/protocol/wire.js'
import { until } from './clock.js'
import { PATIENCE_MS, type KeepingKube } from './keeping-kube.js'
import { line, staticKey, type platformAt } from './line.js'

export async function talkByHand(kube: KeepingKube, platform: ReturnType<typeof platformAt>) {
  const ends = line()
  void kube.keeper.visit(ends[1])
  const agreed = await call(platform, ends[0], { own: staticKey(), topic: KEEP_TOPIC })
  const session = new Session(platform, ends[0], agreed)
  const heard: Message[] = []
  session.listen((message) => void heard.push(message))
  const next = async <T extends Message[0]>(name: T) => {
    await until(name, () => heard.some(([t]) => t === name), PATIENCE_MS)
    return heard.splice(
      heard.findIndex(([t]) => t === name),
      1,
    )[0] as Extract<Message, readonly [T, ...unknown[]]>
  }
  /** Shows that whoever has these keys is in. */
  const keep = async (keys: KeptKeys, make = false) => {
    const [access, signature] = await keys.access(agreed.hash)
    await session.send(['keep', keys.replica, access, signature, make])
    await next('kept')
  }
  /** @param key of words or of a passkey @param signer who says that it has these */
  const seek = async (key: Uint8Array, signer: Signer) => {
    await session.send(['seek', key, await signer.sign('recovery-seek', null, agreed.hash)])
    return (await next('found'))[2]
  }
  return { session, next, keep, seek }
}
