/**
 * Where the source says that a line defends against something, and what is to be cut to see what happens without it:
 *
 *   // defence: key-commitment
 *   if (!sameBytes(commitment, locked.commitment)) throw new HearthError('halo/unreadable')
 *
 * Directly below the mark, alone on its line, begins one of
 *   - a statement that others do not need: an `if` without `else`, a loop, an expression, a `throw`;
 *   - an operand of && or ||, which becomes what lets the others decide;
 *   - an argument, an element or a property, which is left out.
 */
import { parsers } from 'prettier/plugins/typescript'

export interface Mark {
  readonly defence: string
  /** From 1. */
  readonly line: number
  readonly cut: Cut
}

/** What stands between two offsets of a source, and what would stand there instead. */
export interface Cut {
  readonly start: number
  readonly end: number
  readonly instead: string
}

interface Node {
  readonly type: string
  readonly range: readonly [start: number, end: number]
}
interface Comment extends Node {
  readonly value: string
  readonly loc: { readonly start: { readonly line: number } }
}
interface Logical extends Node {
  readonly operator: string
  readonly left: Node
  readonly right: Node
}
type Items = { readonly [Kind in 'arguments' | 'elements' | 'properties']?: readonly (Node | null)[] }
interface Source extends Node {
  readonly comments: readonly Comment[]
}

const MARK = /^ defence: ([a-z][a-z0-9-]*)$/
/** What somebody may have meant as a mark. */
const LIKE_A_MARK = /^[\s*]*defen[cs]e\b\s*:/i

/** @throws Error a mark is not as it should be; the message says in which line */
export async function marksIn(text: string): Promise<Mark[]> {
  // Most files have none, and need not be parsed.
  if (!/defen[cs]e\s*:/i.test(text)) return []
  const source: Source = await parsers.typescript.parse(text, {} as never)
  return source.comments
    .filter(({ value }) => LIKE_A_MARK.test(value))
    .map((comment) => markAt(comment, source, text))
}

/** The text without what is cut out of it. */
export const without = (text: string, cuts: readonly Cut[]): string =>
  [...cuts]
    .sort((a, b) => b.start - a.start)
    .reduce((rest, { start, end, instead }) => rest.slice(0, start) + instead + rest.slice(end), text)

function markAt(comment: Comment, source: Source, text: string): Mark {
  const { line } = comment.loc.start
  const fail = (what: string): never => {
    throw new Error(`line ${line}: ${what}`)
  }
  const defence = comment.type === 'Line' ? MARK.exec(comment.value)?.[1] : undefined
  if (!defence) return fail('a mark is written as "// defence: its-name"')
  const [from, to] = comment.range
  if (text.slice(text.lastIndexOf('\n', from) + 1, from).trim())
    return fail('a mark stands alone on its line')
  const cut = cutAt(to + /^\n? */.exec(text.slice(to))![0].length, source, text)
  return cut ? { defence, line, cut } : fail('what is directly below this mark cannot be left out')
}

function cutAt(start: number, source: Source, text: string): Cut | undefined {
  const all = [...everyNode(source)]
  const beginning = all.filter(({ type, range }) => range[0] === start && type !== 'Program')
  const statement = beginning.find(({ type }) => /(Statement|Declaration)$/.test(type))
  if (statement) return canGo(statement) ? replace(statement, ';') : undefined
  const operand =
    // Of a && b && c, a mark at the beginning is about a.
    operandsAt(start, all).at(-1) ??
    // In parentheses, it is about all that is in them.
    (text[start] === '(' ? operandsAt(start + 1, all)[0] : undefined)
  if (operand) return replace(operand.node, operand.instead)
  const item = all.flatMap(itemsOf).find(({ range }) => range[0] === start)
  return item && leaveOut(item, text)
}

const canGo = (node: Node): boolean =>
  node.type === 'IfStatement'
    ? !(node as Node & { alternate: Node | null }).alternate
    : /^(Expression|Throw|For|ForOf|While)Statement$/.test(node.type)

const replace = ({ range: [start, end] }: Node, instead: string): Cut => ({ start, end, instead })

function leaveOut({ range: [start, end] }: Node, text: string): Cut {
  const comma = /^\s*,/.exec(text.slice(end))?.[0] ?? ''
  return { start, end: end + comma.length, instead: '' }
}

function operandsAt(start: number, nodes: readonly Node[]): { node: Node; instead: string }[] {
  return nodes
    .filter((node): node is Logical => node.type === 'LogicalExpression')
    .filter(({ operator }) => operator !== '??')
    .flatMap(({ left, right, operator }) =>
      [left, right].map((node) => ({ node, instead: operator === '&&' ? 'true' : 'false' })),
    )
    .filter(({ node }) => node.range[0] === start)
}

function itemsOf(node: Node & Items): readonly Node[] {
  if (!/^(Call|New|Array|Object)Expression$/.test(node.type)) return []
  // An array may have holes.
  return (node.arguments ?? node.elements ?? node.properties ?? []).filter((item) => item !== null)
}

/** From the outside in, and in the order of the text. */
function* everyNode(node: Node): Generator<Node> {
  yield node
  for (const [key, value] of Object.entries(node))
    if (key !== 'comments')
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* everyNode(child)
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'range' in value
