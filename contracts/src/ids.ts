/**
 * Identifiers: a readable prefix and a UUIDv7 (RFC 9562 §5.7), so that they sort by the time they were made.
 */
export type CallId = `call-${string}`;
export type LegId = `leg-${string}`;
export type EventId = `evt-${string}`;
export type RecordingId = `rec-${string}`;
/** One conversation within a call. */
export type TalkId = `talk-${string}`;
/** A call that is owed to a customer. */
export type CallbackId = `cb-${string}`;
export type DecisionId = `dec-${string}`;
export type RequestId = `req-${string}`;
/** Agents and queues are named by people in `site.yaml`; they carry no random part. */
export type AgentId = string;
export type QueueName = string;

/**
 * Makes an identifier such as `call-018f…`.
 * @param prefix the noun before the dash
 * @param nowMs wall time in ms since 1970; it fills the first 48 bits
 */
export function newId<P extends string>(prefix: P, nowMs: number): `${P}-${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = nowMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return `${prefix}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether a text has the shape of an identifier with this prefix; the check for ids that come from outside. */
export function isId<P extends string>(prefix: P, text: string): text is `${P}-${string}` {
  return text.startsWith(`${prefix}-`) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text.slice(prefix.length + 1));
}
