/** The floor of what goes over a direct link: a data channel between a page of one browser and one of the other, and nothing else. */
import type { EnginePage } from '../../engines/engine.js'
import type { Two } from '../two.js'

/** What the pages keep for the functions that are run in them. */
interface Kept {
  peer: RTCPeerConnection
  channel: RTCDataChannel
}

/** Of what is sent at once, in bytes, and of what may wait in the channel. */
const MESSAGE = 64 << 10
const WAITING = 1 << 20

export class BareChannel {
  private constructor(
    private readonly near: EnginePage,
    private readonly far: EnginePage,
  ) {}

  /** The far side sends back what is short, and says how much has come of the rest when it is asked. */
  static async between({ server, olga, ed }: Two): Promise<BareChannel> {
    const blank = `${server.url}/apps/alpha/blank.html`
    const [near, far] = [await olga.visit(blank), await ed.visit(blank)]
    const offer = await near.evaluate(async () => {
      const peer = new RTCPeerConnection()
      const channel = peer.createDataChannel('bare')
      channel.binaryType = 'arraybuffer'
      Object.assign(window, { kept: { peer, channel } })
      await peer.setLocalDescription()
      await gathered(peer)
      return peer.localDescription!.toJSON() as RTCSessionDescriptionInit

      function gathered(peer: RTCPeerConnection): Promise<void> {
        return new Promise((resolve) => {
          const look = () => peer.iceGatheringState === 'complete' && resolve()
          peer.onicegatheringstatechange = look
          look()
        })
      }
    })
    const answer = await far.evaluate(async (offer) => {
      const peer = new RTCPeerConnection()
      peer.ondatachannel = ({ channel }) => {
        channel.binaryType = 'arraybuffer'
        let bytes = 0
        channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
          if (data.byteLength < 1_000) return channel.send(data)
          bytes += data.byteLength
          // The last one.
          if (new Uint8Array(data)[0] === 1) channel.send(Float64Array.of(bytes))
        }
      }
      Object.assign(window, { kept: { peer } })
      await peer.setRemoteDescription(offer)
      await peer.setLocalDescription()
      await new Promise<void>((resolve) => {
        const look = () => peer.iceGatheringState === 'complete' && resolve()
        peer.onicegatheringstatechange = look
        look()
      })
      return peer.localDescription!.toJSON() as RTCSessionDescriptionInit
    }, offer)
    await near.evaluate(async (answer) => {
      const { peer, channel } = (window as unknown as { kept: Kept }).kept
      await peer.setRemoteDescription(answer)
      if (channel.readyState !== 'open') await new Promise((resolve) => (channel.onopen = resolve))
    }, answer)
    return new BareChannel(near, far)
  }

  /** @returns of each, there and back, in milliseconds; 500 bytes are about as much as an entry of one edit */
  roundTrips(count: number): Promise<number[]> {
    return this.near.evaluate(async (count) => {
      const { channel } = (window as unknown as { kept: Kept }).kept
      const times: number[] = []
      for (let n = 0; n < count; n++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        const heard = new Promise((resolve) => (channel.onmessage = resolve))
        const began = performance.now()
        channel.send(new Uint8Array(500))
        await heard
        times.push(performance.now() - began)
      }
      return times
    }, count)
  }

  /** @returns until the far side has all of so many messages of 64 KiB, in milliseconds */
  bulk(messages: number): Promise<number> {
    return this.near.evaluate(
      async ({ messages, size, most }) => {
        const { channel } = (window as unknown as { kept: Kept }).kept
        const message = crypto.getRandomValues(new Uint8Array(size))
        message[0] = 0
        channel.bufferedAmountLowThreshold = most / 2
        const done = new Promise<ArrayBuffer>(
          (resolve) => (channel.onmessage = ({ data }) => resolve(data as ArrayBuffer)),
        )
        const began = performance.now()
        for (let n = 1; n <= messages; n++) {
          if (n === messages) message[0] = 1
          if (channel.bufferedAmount > most)
            await new Promise((resolve) => (channel.onbufferedamountlow = resolve))
          channel.send(message)
        }
        const [bytes] = new Float64Array(await done)
        if (bytes !== messages * size) throw new Error(`${bytes} bytes came.`)
        return performance.now() - began
      },
      { messages, size: MESSAGE, most: WAITING },
    )
  }

  async close(): Promise<void> {
    for (const page of [this.near, this.far]) await page.close()
  }
}
