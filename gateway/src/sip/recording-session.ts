/**
 * What a recording session (RFC 7866) adds to a call: who asks for one, and the body that has a session description and metadata side by
 * side (RFC 2046 §5.1). Here they are only told apart; what metadata says is not the stack's to know. Pure.
 */
import type { Headers, SipRequest } from './message.ts';

export interface SessionBody {
  /** `''` when the request has none. */
  readonly sdp: string;
  /** XML as it came; `''` when the request has none. */
  readonly metadata: string;
}

/** Parts of one body that are looked at; an SRC sends two. */
const PARTS_MAX = 8;
/** The final RFCs have no suffix; products of the drafts do. */
const METADATA_TYPES = new Set(['application/rs-metadata', 'application/rs-metadata+xml']);
const MIXED = 'multipart/mixed';
/** RFC 2046 §5.1.1, with the quotes off. */
const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i;

/** `type/subtype` in lower case, without parameters; `''` when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body of this type may come in a request of a recording session, beside a plain session description. */
export const isSessionBody = (type: string): boolean => type === MIXED || METADATA_TYPES.has(type);

/** Whether an INVITE asks for a recording session: by option tag, or by the feature of its Contact alone as older products do (RFC 7866 §6.1). */
export function asksToRecord(headers: Headers): boolean {
  if ((headers.list('require') ?? []).some((tag) => tag.toLowerCase() === 'siprec')) return true;
  return headers.all('contact').some((contact) => /;\s*\+sip\.src\s*(;|=|$)/i.test(contact));
}

/** The parts of a request's body; null for a body in parts that cannot be taken apart, or has a part twice: 400. */
export function sessionBody({ headers, body }: Pick<SipRequest, 'headers' | 'body'>): SessionBody | null {
  const contentType = headers.get('content-type');
  const type = mediaType(contentType);
  const text = body.toString('utf8');
  if (METADATA_TYPES.has(type)) return { sdp: '', metadata: text };
  if (type !== MIXED) return { sdp: text, metadata: '' };
  const [, quotedMark, mark] = BOUNDARY.exec(contentType ?? '') ?? [];
  const parts = partsOf(text, quotedMark ?? mark ?? '');
  if (parts === null) return null;
  let sdp = '';
  let metadata = '';
  for (const part of parts) {
    const isSdp = part.type === 'application/sdp';
    if (!isSdp && !METADATA_TYPES.has(part.type)) continue; // what else comes along is nothing to us
    if ((isSdp ? sdp : metadata) !== '') return null;
    if (isSdp) sdp = part.text;
    else metadata = part.text;
  }
  return { sdp, metadata };
}

/** null without a boundary, without its end, or with too many parts. Lines may end in CR LF or LF alone. */
function partsOf(text: string, boundary: string): Array<{ type: string; text: string }> | null {
  if (boundary === '') return null;
  const parts: Array<{ type: string; text: string }> = [];
  // The line break before a delimiter belongs to the delimiter; at the very start there is none.
  const pieces = `\n${text}`.split(`\n--${boundary}`);
  if (pieces.length < 2 || pieces.length > PARTS_MAX + 2) return null;
  for (const piece of pieces.slice(1)) {
    if (piece.startsWith('--')) return parts;
    const begin = /^[ \t]*\r?\n/.exec(piece);
    if (begin === null) return null;
    const lines = piece.slice(begin[0].length).split('\n');
    const blank = lines.findIndex((line) => line === '' || line === '\r');
    if (blank === -1) return null;
    const typeLine = lines.slice(0, blank).find((line) => /^content-type\s*:/i.test(line)) ?? '';
    const content = lines.slice(blank + 1).join('\n');
    parts.push({
      type: mediaType(typeLine.slice(typeLine.indexOf(':') + 1)),
      text: content.endsWith('\r') ? content.slice(0, -1) : content,
    });
  }
  return null; // the last delimiter has two more dashes; without it the body is cut off
}

/** The recording side of a call that is one: the metadata of its INVITE, and what comes later. */
export class RecordingSession {
  /** Of the INVITE; `''` when it had none. */
  readonly metadata: string;
  readonly #listeners = new Set<(metadata: string) => void>();

  constructor(metadata: string) {
    this.metadata = metadata;
  }

  /** Metadata of a re-INVITE or an UPDATE that was accepted, after its session description took effect; the result stops listening. */
  onMetadata(listener: (metadata: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(metadata: string): void {
    for (const listener of this.#listeners) listener(metadata);
  }

  /** The call is over. */
  forget(): void {
    this.#listeners.clear();
  }
}
