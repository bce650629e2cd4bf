/**
 * What a hosted HTML page says about itself, read with the same rules as a browser's parser: its inline code,
 * for the page's Content-Security-Policy, and its title, description, icon and manifest, for the list of apps.
 */
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'

export interface Page {
  /** Text of every inline `<script>`, exactly as the browser hashes it. */
  readonly scripts: readonly string[]
  /** Text of every inline handler attribute (`onclick="..."`), entities resolved. */
  readonly handlers: readonly string[]
  readonly title?: string
  readonly description?: string
  /** Addresses as written in the page, not resolved. */
  readonly icon?: string
  readonly manifest?: string
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export function readPage(html: string): Page {
  const scripts: string[] = []
  const handlers: string[] = []
  const about: Writable<Omit<Page, 'scripts' | 'handlers'>> = {}
  for (const element of elements(parse(html))) {
    for (const { name, value } of element.attrs) if (/^on/i.test(name)) handlers.push(value)
    switch (element.tagName) {
      case 'script':
        if (attribute(element, 'src') === undefined) scripts.push(text(element))
        break
      case 'title':
        about.title ??= squeeze(text(element))
        break
      case 'meta':
        if (attribute(element, 'name')?.toLowerCase() === 'description') {
          about.description ??= squeeze(attribute(element, 'content'))
        }
        break
      case 'link': {
        const rels = attribute(element, 'rel')?.toLowerCase().split(/\s+/) ?? []
        if (rels.includes('icon')) about.icon ??= attribute(element, 'href')
        if (rels.includes('manifest')) about.manifest ??= attribute(element, 'href')
      }
    }
  }
  return { scripts, handlers, ...about }
}

/** Every element in document order, templates included; without recursion, so that depth cannot end the server. */
function* elements(document: Tree.Document): Generator<Tree.Element> {
  const waiting: Tree.Node[] = [document]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if ('tagName' in node) yield node
    if ('content' in node) waiting.push(node.content)
    if ('childNodes' in node) for (const child of [...node.childNodes].reverse()) waiting.push(child)
  }
}

const text = (element: Tree.Element) =>
  element.childNodes.map((child) => ('value' in child ? child.value : '')).join('')

const attribute = (element: Tree.Element, name: string) =>
  element.attrs.find((candidate) => candidate.name === name)?.value

const squeeze = (value: string | undefined) => value?.replace(/\s+/g, ' ').trim() || undefined
