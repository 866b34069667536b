/**
 * Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 §18.3) and answers keep-alives (RFC 5626 §3.5.1). No socket here:
 * bytes in, frames out. Memory is bounded by `maxMessageBytes`, and a stream fed byte by byte costs no more than in one piece.
 */
import type { SipMessage } from './message.ts';
import { contentLength, parseHead } from './parse-message.ts';

export type Frame =
  | { readonly is: 'message'; readonly message: SipMessage }
  /** An empty line twice: the peer wants one back to know that we live. */
  | { readonly is: 'ping' }
  /** The place of the next message is unknown: the connection is of no more use. The head may still be answered. */
  | { readonly is: 'broken'; readonly why: 'too_large' | 'bad_head' | 'bad_content_length'; readonly message?: SipMessage };

const CR = 0x0d;
const LF = 0x0a;
const FIRST_BYTES = 2048;

export class TcpFraming {
  readonly #maxMessageBytes: number;
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #filled = 0;
  /** Up to here the end of the head has been looked for. */
  #searched = 0;
  #emptyLines = 0;
  #head: { readonly message: SipMessage; readonly bodyStart: number; readonly end: number } | null = null;
  #broken = false;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether a message has begun and not ended; a peer may not stay there for long. */
  get isInsideMessage(): boolean {
    return this.#filled > 0;
  }

  /** After a `broken` frame nothing more comes out. */
  take(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    let from = 0;
    while (from < bytes.length && !this.#broken) {
      if (this.#filled === 0) {
        const skipped = this.#skipEmptyLines(bytes, from, frames);
        if (skipped > from) {
          from = skipped;
          continue;
        }
      }
      // While the end is unknown, small pieces: what belongs to the next message is copied again.
      const room = this.#head === null ? Math.min(this.#maxMessageBytes - this.#filled, FIRST_BYTES) : this.#head.end - this.#filled;
      const piece = bytes.subarray(from, from + Math.max(room, 1));
      this.#append(piece);
      from += piece.length;
      from -= this.#cut(frames);
    }
    return frames;
  }

  /** Looks for a complete message in the buffer; the number of bytes taken beyond its end, which belong to the next one. */
  #cut(frames: Frame[]): number {
    if (this.#head === null) {
      const end = this.#buffer.subarray(0, this.#filled).indexOf('\r\n\r\n', Math.max(this.#searched - 3, 0), 'latin1');
      this.#searched = this.#filled;
      if (end === -1) {
        if (this.#filled >= this.#maxMessageBytes) this.#break(frames, { is: 'broken', why: 'too_large' });
        return 0;
      }
      const head = parseHead(this.#buffer, 0, end);
      if (!head.ok) return this.#break(frames, { is: 'broken', why: 'bad_head' });
      const length = contentLength(head.message.headers);
      const { message } = head;
      if (length === null || length === 'bad') return this.#break(frames, { is: 'broken', why: 'bad_content_length', message });
      if (end + 4 + length > this.#maxMessageBytes) return this.#break(frames, { is: 'broken', why: 'too_large', message });
      this.#head = { message, bodyStart: end + 4, end: end + 4 + length };
    }
    const { message, bodyStart, end } = this.#head;
    if (this.#filled < end) return 0;
    const beyond = this.#filled - end;
    // The buffer is used again, so the body gets memory of its own.
    frames.push({ is: 'message', message: { ...message, body: Buffer.from(this.#buffer.subarray(bodyStart, end)) } });
    this.#reset();
    return beyond;
  }

  /** Between messages: every second empty line in a row is a ping, any other is ignored (RFC 3261 §7.5). */
  #skipEmptyLines(bytes: Buffer, from: number, frames: Frame[]): number {
    let at = from;
    for (; at < bytes.length && (bytes[at] === CR || bytes[at] === LF); at++) {
      if (bytes[at] === LF && ++this.#emptyLines % 2 === 0) frames.push({ is: 'ping' });
    }
    if (at < bytes.length) this.#emptyLines = 0;
    return at;
  }

  #append(piece: Buffer): void {
    const needed = this.#filled + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#filled);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#filled);
    this.#filled = needed;
  }

  #break(frames: Frame[], frame: Frame): 0 {
    frames.push(frame);
    this.#broken = true;
    this.#reset();
    return 0;
  }

  #reset(): void {
    this.#filled = 0;
    this.#searched = 0;
    this.#head = null;
    if (this.#buffer.length > FIRST_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES); // an idle connection keeps little
  }
}
