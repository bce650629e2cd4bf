/** What the mark of a defence covers, so that taking it out takes out that and nothing else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { marksIn, without } from './marks.js'

/** The text without what its marks stand above. */
async function cut(...lines: string[]): Promise<string> {
  const text = lines.join('\n')
  const marks = await marksIn(text)
  return without(
    text,
    marks.map((mark) => mark.cut),
  )
}

const mark = '// defence: the-gate'
const cases: [what: string, lines: string[], left: string[]][] = [
  ['an if', [mark, 'if (a) throw b', 'c()'], [mark, ';', 'c()']],
  ['an if with a block', [mark, 'if (a) {', '  b()', '}', 'c()'], [mark, ';', 'c()']],
  [
    'an if that is all of a loop',
    ['for (const a of b)', mark, 'if (a) c()'],
    ['for (const a of b)', mark, ';'],
  ],
  ['a loop', [mark, 'while (a()) b()', 'c()'], [mark, ';', 'c()']],
  ['a call', [mark, 'check(a)', 'c()'], [mark, ';', 'c()']],
  ['a call that is awaited', [mark, 'await check(a)'], [mark, ';']],
  ['an expression, whole, also of operands', [mark, 'a && b()'], [mark, ';']],
  [
    'what only looks like the end of a statement',
    [mark, 'if (a[`}${")"}`] === /[)}]/ /* } */) throw b', 'c()'],
    [mark, ';', 'c()'],
  ],
  ['the first operand', ['x = (', mark, 'a && b && c)'], ['x = (', mark, 'true && b && c)']],
  ['an operand between', ['x = a &&', mark, 'b < 1 &&', 'c'], ['x = a &&', mark, 'true &&', 'c']],
  ['the last operand', ['x = a ||', mark, '!b.c(d)'], ['x = a ||', mark, 'false']],
  ['operands in parentheses', ['x = a &&', mark, '(b || c)'], ['x = a &&', mark, '(true)']],
  ['an operand that is an argument', ['f(', mark, 'a || b, c)'], ['f(', mark, 'false || b, c)']],
  ['an argument', ['f(a,', mark, 'b,', 'c)'], ['f(a,', mark, '', 'c)']],
  ['the last argument', ['f(a,', mark, 'g(b)', ')'], ['f(a,', mark, '', ')']],
  ['an element', ['x = [', mark, '...a,', 'b]'], ['x = [', mark, '', 'b]']],
  ['a property', ['x = {', mark, 'a: b,', 'c }'], ['x = {', mark, '', 'c }']],
  [
    'what is indented',
    ['function f() {', `  ${mark}`, '  if (a) return', '}'],
    ['function f() {', `  ${mark}`, '  ;', '}'],
  ],
]

describe('the mark of a defence', () => {
  for (const [what, lines, left] of cases)
    it(`covers ${what}`, async () => assert.equal(await cut(...lines), left.join('\n')))

  it('may stand in several places', async () =>
    assert.equal(await cut(mark, 'if (a) b()', mark, 'if (c) d()'), [mark, ';', mark, ';'].join('\n')))

  it('says which defence it is, and in which line', async () => {
    const marks = await marksIn(['a()', mark, 'if (b) throw c'].join('\n'))
    assert.deepEqual(
      marks.map(({ defence, line }) => [defence, line]),
      [['the-gate', 2]],
    )
  })

  it('is none in a string', async () => assert.deepEqual(await marksIn(`x = '${mark}'\nif (a) b()`), []))

  const refused: [what: string, lines: string[]][] = [
    ['an else', [mark, 'if (a) b()', 'else c()']],
    ['a declaration', [mark, 'const a = b']],
    ['a function', [mark, 'function a() {}']],
    ['a return', ['function f() {', mark, 'return a', '}']],
    ['a name', ['x =', mark, 'a']],
    ['a value that has another if it is missing', ['x = a ??', mark, 'b']],
    ['nothing', [mark]],
    ['the line after the next', [mark, '', 'if (a) b()']],
    ['the same line', [`if (a) b() ${mark}`, 'c()']],
    ['another comment', [mark, '// because', 'if (a) b()']],
  ]
  for (const [what, lines] of refused)
    it(`does not stand above ${what}`, () => assert.rejects(cut(...lines), /^Error: line \d+: /))

  for (const written of [
    '// defence:the-gate',
    '// Defence: the-gate',
    '// defense: the-gate',
    '/* defence: the-gate */',
    '// defence: the gate',
  ])
    it(`is not written ${written}`, () => assert.rejects(cut(written, 'if (a) b()'), /a mark is written as/))
})
