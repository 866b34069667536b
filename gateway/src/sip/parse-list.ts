/** Cutting header values at separators that stand outside quoted strings and angle brackets (RFC 3261 §7.3.1, §25.1). One pass each. */
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LESS = 0x3c;
const GREATER = 0x3e;

/** Parts between commas, trimmed; empty parts are left out. */
export function splitList(value: string): string[] {
  return splitAt(value, COMMA);
}

/** Parts between the given separator, trimmed; empty parts are left out. A quote or bracket that never closes runs to the end. */
export function splitAt(value: string, separator: number): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === LESS) bracketed = true;
    else if (code === GREATER) bracketed = false;
    else if (code === separator && !bracketed) {
      addPart(parts, value.slice(start, i));
      start = i + 1;
    }
  }
  addPart(parts, value.slice(start));
  return parts;
}

/**
 * Whether something is missing between the commas and semicolons of a value, as in `a;;b` or `a,` (RFC 3261 §25.1 has no empty elements).
 * Reading goes on over such gaps; only the validation minds them.
 */
export function hasGap(value: string): boolean {
  let quoted = false;
  let bracketed = false;
  let isEmpty = true;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) {
      quoted = true;
      isEmpty = false;
    } else if (code === LESS) {
      bracketed = true;
      isEmpty = false;
    } else if (code === GREATER) bracketed = false;
    else if ((code === COMMA || code === SEMICOLON) && !bracketed) {
      if (isEmpty) return true;
      isEmpty = true;
    } else if (code !== SPACE && code !== TAB) isEmpty = false;
  }
  return isEmpty;
}

function addPart(parts: string[], text: string): void {
  const part = text.trim();
  if (part !== '') parts.push(part);
}
