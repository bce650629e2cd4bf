/** The rules of this house for oxlint, whose plugins are JavaScript on Node 20. */
import { relative, sep } from 'node:path'
import { environment } from './environment.mjs'
import { judge, root } from './rooms.mjs'

const typesOnly = (node) =>
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 &&
    node.specifiers.every((one) => (one.importKind ?? one.exportKind) === 'type'))

/** Who may import whom. */
const imports = {
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/')
    const check = (node) => {
      const specifier = node.source?.value
      if (typeof specifier !== 'string') return
      const message = judge(file, specifier, typesOnly(node))
      if (message) context.report({ node: node.source, message })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}

export default { meta: { name: 'hearth' }, rules: { imports, environment } }
