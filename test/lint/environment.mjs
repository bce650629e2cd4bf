/**
 * What a room gets from its Platform instead of from the environment. The runtime and its systems run unchanged in the
 * SharedWorker, in Node and in simulation.
 */
const offered =
  'What the environment offers comes through Platform (worker/platform implements it), so that this runs in Node and in simulation too.'
const replayed =
  'Time, chance and timers come from Platform: a simulation must be able to replay a run from its seed.'

const globals = new Map([
  ...['self', 'globalThis', 'window', 'document', 'navigator', 'location', 'process', 'Buffer'].map(
    because(offered),
  ),
  ...['indexedDB', 'caches', 'localStorage', 'sessionStorage', 'fetch', 'WebSocket'].map(because(offered)),
  ...['BroadcastChannel', 'SharedWorker', 'Worker', 'RTCPeerConnection'].map(because(offered)),
  ...['crypto', 'performance', 'setTimeout', 'setInterval', 'requestAnimationFrame'].map(because(replayed)),
])

const members = new Map(['Date.now', 'Math.random'].map(because(replayed)))

function because(reason) {
  return (name) => [name, `${name}: ${reason}`]
}

export const environment = {
  create(context) {
    const report = (node, message) => message && context.report({ node, message })
    return {
      'Program:exit'(program) {
        // References that no declaration in the file answers.
        for (const { identifier, isTypeReference } of context.sourceCode.getScope(program).through)
          if (!isTypeReference) report(identifier, globals.get(identifier.name))
      },
      MemberExpression(node) {
        if (!node.computed) report(node, members.get(`${node.object.name}.${node.property.name}`))
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0)
          report(node, `new Date(): ${replayed}`)
      },
    }
  },
}
