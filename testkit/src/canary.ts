/**
 * Looks for seeded personal data ("canaries") in bytes that must not hold any: clear, and in the forms in which text slips past a search
 * for itself. Pure.
 */

/**
 * Every form of `canary` that is looked for, by name. Base64 depends on where in a longer text the canary begins, so it has three
 * forms (RFC 4648 §4), each cut to the characters that no neighbour can change.
 */
export function formsOf(canary: string): ReadonlyMap<string, Buffer> {
  const clear = Buffer.from(canary, 'utf8');
  const hex = clear.toString('hex');
  const forms = new Map<string, Buffer>([
    ['clear', clear],
    ['hex', Buffer.from(hex)],
    ['upper-case hex', Buffer.from(hex.toUpperCase())],
    ['full-width', Buffer.from(fullWidth(canary), 'utf8')],
    ['JSON escapes', Buffer.from(jsonEscapes(canary))],
    ['per cent', Buffer.from(percent(clear))],
    ['UTF-16, low byte first', Buffer.from(canary, 'utf16le')],
    ['UTF-16, high byte first', Buffer.from(canary, 'utf16le').swap16()],
  ]);
  for (const offset of [0, 1, 2]) {
    forms.set(`base64 at ${offset}`, Buffer.from(base64At(clear, offset)));
    forms.set(`base64url at ${offset}`, Buffer.from(base64At(clear, offset).replaceAll('+', '-').replaceAll('/', '_')));
  }
  // What a form leaves as it is would only be the clear text again under another name.
  return new Map([...forms].filter(([name, form]) => name === 'clear' || !form.equals(clear)));
}

/** Which canaries occur in `bytes`, as `name: form`; empty when none does. */
export function canariesIn(bytes: Buffer, canaries: Readonly<Record<string, string>>): string[] {
  return Object.entries(canaries).flatMap(([name, canary]) =>
    [...formsOf(canary)].flatMap(([form, needle]) => (bytes.includes(needle) ? [`${name}: ${form}`] : [])),
  );
}

function fullWidth(text: string): string {
  return text.replaceAll(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0));
}

function jsonEscapes(text: string): string {
  return text.replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function percent(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  // 6 bits a character: the first ones carry the bytes before, the last one may carry bits of the byte behind.
  const isWhole = (offset + bytes.length) % 3 === 0;
  return text.slice(Math.ceil((offset * 8) / 6), isWhole ? undefined : -1);
}
