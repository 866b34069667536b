/**
 * Server-sent events (HTML Living Standard §9.2.6), as far as chat endpoints use them: `data` lines, ended by an empty line. Pure; fed in pieces of any
 * size, bounded by the reader.
 */
export interface SseState {
  /** Text after the last line end. */
  readonly rest: string;
  /** Data lines of the event that is not ended yet. */
  readonly lines: readonly string[];
}

export const SSE_START: SseState = { rest: '', lines: [] };

/** @returns the state after the piece, and the data of each event it ended */
export function readSse(state: SseState, piece: string): { readonly state: SseState; readonly events: readonly string[] } {
  const text = state.rest + piece;
  // A carriage return at the very end may be half of a line end.
  const held = text.endsWith('\r') ? '\r' : '';
  const parts = (held === '' ? text : text.slice(0, -1)).split(/\r\n|\r|\n/);
  const rest = (parts.pop() ?? '') + held;
  let lines = [...state.lines];
  const events: string[] = [];
  for (const line of parts) {
    if (line === '') {
      if (lines.length > 0) events.push(lines.join('\n'));
      lines = [];
    } else if (line.startsWith('data:')) lines.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    // Comments (keep-alive), `event`, `id` and `retry` say nothing to us.
  }
  return { state: { rest, lines }, events };
}
