/**
 * The part of XML 1.0 that recording metadata needs: elements, attributes, text, namespaces (Namespaces in XML 1.0), comments and the five
 * predefined entities. No DTD, no entities of its own, no processing instructions, no CDATA: what has them is refused. Pure, and never throws;
 * work and memory grow with the length of the text, which is bounded.
 */
export const MAX_XML_CHARS = 65_536;
export const MAX_XML_DEPTH = 16;
export const MAX_XML_ELEMENTS = 1024;
export const MAX_XML_ATTRIBUTES = 32;

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** `''` for none. */
  readonly namespace: string;
  /** By name without prefix; declarations of namespaces left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, what stands between its children joined, trimmed. */
  readonly text: string;
}
export type XmlFault = 'too_long' | 'too_deep' | 'too_many' | 'not_allowed' | 'malformed';
export type XmlParsed = { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly why: XmlFault };

interface Open {
  readonly qualified: string;
  readonly scope: ReadonlyMap<string, string>;
  readonly element: XmlElement & { readonly attributes: Map<string, string>; readonly children: XmlElement[]; text: string };
}

const NAME = '[A-Za-z_][A-Za-z0-9._-]*(?::[A-Za-z_][A-Za-z0-9._-]*)?';
const DECLARATION = /^<\?xml[ \t\r\n][^<>]{0,120}\?>/;
const START = new RegExp(`<(${NAME})`, 'y');
const ATTRIBUTE = new RegExp(`[ \\t\\r\\n]+(${NAME})[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"([^"<]*)"|'([^'<]*)')`, 'y');
const START_END = /[ \t\r\n]*(\/?)>/y;
const END = new RegExp(`</(${NAME})[ \\t\\r\\n]*>`, 'y');
const ENTITY = /&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));|&/g;
const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
// oxlint-disable-next-line no-control-regex -- controls are what may not be there (XML 1.0 §2.2)
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export function parseXml(given: string): XmlParsed {
  const refuse = (why: XmlFault): XmlParsed => ({ ok: false, why });
  if (given.length > MAX_XML_CHARS) return refuse('too_long');
  const text = given.startsWith('\ufeff') ? given.slice(1) : given;
  if (FORBIDDEN.test(text) || !text.isWellFormed()) return refuse('malformed');
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let at = DECLARATION.exec(text)?.[0].length ?? 0;
  while (at < text.length) {
    const less = text.indexOf('<', at);
    const chars = decoded(text.slice(at, less === -1 ? text.length : less));
    const inside = stack.at(-1)?.element;
    if (chars === null || (inside === undefined && chars.trim() !== '')) return refuse('malformed');
    if (inside) inside.text += chars;
    if (less === -1) break;
    at = less;
    if (text.startsWith('<!--', at)) {
      const end = text.indexOf('--', at + 4);
      if (end === -1 || text[end + 2] !== '>') return refuse('malformed');
      at = end + 3;
    } else if (text.startsWith('<!', at) || text.startsWith('<?', at)) {
      return refuse('not_allowed');
    } else if (text.startsWith('</', at)) {
      const name = sticky(END, text, at);
      const open = stack.pop();
      if (name === null || open === undefined || name[1] !== open.qualified) return refuse('malformed');
      open.element.text = open.element.text.trim();
      at += name[0].length;
    } else {
      if (root !== undefined && stack.length === 0) return refuse('malformed'); // a second root
      if (++elements > MAX_XML_ELEMENTS) return refuse('too_many');
      if (stack.length === MAX_XML_DEPTH) return refuse('too_deep');
      const started = startTag(text, at, stack.at(-1)?.scope ?? new Map());
      if (typeof started === 'string') return refuse(started);
      inside?.children.push(started.open.element);
      root ??= started.open.element;
      if (!started.isEmpty) stack.push(started.open);
      at = started.end;
    }
  }
  return root === undefined || stack.length > 0 ? refuse('malformed') : { ok: true, root };
}

function startTag(
  text: string,
  from: number,
  outer: ReadonlyMap<string, string>,
): { readonly open: Open; readonly isEmpty: boolean; readonly end: number } | XmlFault {
  const name = sticky(START, text, from);
  if (name === null) return 'malformed';
  const written = new Map<string, string>();
  let at = from + name[0].length;
  for (let found = sticky(ATTRIBUTE, text, at); found !== null; found = sticky(ATTRIBUTE, text, at)) {
    const value = decoded(found[2] ?? found[3] ?? '');
    const key = found[1] ?? '';
    if (value === null || written.has(key)) return 'malformed';
    if (written.size === MAX_XML_ATTRIBUTES) return 'too_many';
    written.set(key, value);
    at += found[0].length;
  }
  const end = sticky(START_END, text, at);
  if (end === null) return 'malformed';
  const scope = scopeOf(outer, written);
  const qualified = name[1] ?? '';
  const [prefix, local] = splitName(qualified);
  const namespace = scope.get(prefix) ?? (prefix === '' ? '' : undefined);
  if (namespace === undefined) return 'malformed'; // a prefix that nobody declared
  const attributes = new Map<string, string>();
  for (const [key, value] of written) {
    if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
    // One of a foreign vocabulary never takes the place of one of ours.
    const [space, bare] = splitName(key);
    if (space === '' || !attributes.has(bare)) attributes.set(bare, value);
  }
  const element = { name: local, namespace, attributes, children: [], text: '' };
  return { open: { qualified, scope, element }, isEmpty: end[1] === '/', end: at + end[0].length };
}

function scopeOf(outer: ReadonlyMap<string, string>, written: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const declared = [...written].filter(([key]) => key === 'xmlns' || key.startsWith('xmlns:'));
  if (declared.length === 0) return outer;
  return new Map([...outer, ...declared.map(([key, value]) => [key.slice('xmlns:'.length), value] as const)]);
}

function splitName(qualified: string): readonly [prefix: string, local: string] {
  const colon = qualified.indexOf(':');
  return colon === -1 ? ['', qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)];
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** null for an entity that is not predefined, or a character that XML does not know. */
function decoded(text: string): string | null {
  if (!text.includes('&')) return text;
  let isSound = true;
  const clear = text.replaceAll(ENTITY, (_, name?: string, decimal?: string, hex?: string) => {
    const known = PREDEFINED[name ?? ''];
    if (known !== undefined) return known;
    const code = decimal === undefined ? Number.parseInt(hex ?? 'x', 16) : Number(decimal);
    const character = code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : '';
    if (character === '' || FORBIDDEN.test(character) || !character.isWellFormed()) isSound = false;
    return character;
  });
  return isSound ? clear : null;
}
