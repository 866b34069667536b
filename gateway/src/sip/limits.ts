/** Bounds of the SIP side that are not settings. Sizes in bytes or characters, times in ms. */

/** Header fields of one message; real ones have 10 to 30. */
export const MAX_HEADERS = 128;
/** One header field after unfolding, characters. */
export const MAX_HEADER_CHARS = 4096;
/** Values of one header that is a list (Via, Route, Record-Route); more hops than Max-Forwards 70 allows are a loop or an attack. */
export const MAX_LIST_VALUES = 72;
export const MAX_URI_CHARS = 1024;
/** The longest of RFC 4475 has 43. */
export const MAX_METHOD_CHARS = 64;

/** TCP connections one address may hold. */
export const MAX_CONNECTIONS_PER_SOURCE = 32;
/** TCP connections held by addresses whose requests are refused: enough to be told 403, too few to keep trunks out. */
export const MAX_REFUSED_CONNECTIONS = 8;
/** A connection without a byte for this long is closed; a dialog on it finds its way by Contact. */
export const TCP_IDLE_MS = 600_000;
/** The first byte of a message to its last. */
export const TCP_MESSAGE_MS = 10_000;
/** Bytes waiting to be written to a peer that does not read; beyond this the connection is closed. */
export const TCP_QUEUED_BYTES = 1_048_576;
/** Time to open a TCP connection of our own, and to agree on keys on a TLS one, whoever opened it. */
export const TCP_CONNECT_MS = 5_000;
/** TLS connections that have not agreed on keys yet: strangers until then, so few. */
export const MAX_HANDSHAKES = 64;
/** A connection without a byte for this long is asked for a sign of life (RFC 5626 §4.4.1 advises 95 to 120 s). */
export const PING_MS = 100_000;
/** How long a peer that has answered before may take to answer again (RFC 5626 §4.4.1). */
export const PONG_MS = 10_000;
/** Larger requests leave over TCP, bytes (RFC 3261 §18.1.1, where the path MTU is not known). */
export const UDP_REQUEST_BYTES = 1300;
/** Challenges one request answers: the first, and one more for a stale nonce or a second hop (RFC 3261 §22.2). */
export const MAX_AUTHORIZATIONS = 2;

/**
 * Finished transactions wait up to 32 s on UDP for retransmissions (timers J and L of RFC 3261, D, K and M for ours). Forgetting one early would turn a late INVITE
 * into a second call, so they are kept and counted apart: this many for each unfinished one that is allowed. With 10,000 that is 600 new
 * calls a second, two transactions each.
 */
export const LINGERING_SHARE = 4;
/** Requests inside a dialog may fill the table to this multiple of `maxTransactions`, so that calls can still be ended under overload. */
export const IN_DIALOG_HEADROOM = 2;
/** What a caller refused for overload is told to wait, seconds (RFC 3261 §20.33). */
export const OVERLOAD_RETRY_SECONDS = 5;

/** Re-INVITEs of ours that may wait for the one in progress. */
export const MAX_WAITING_REINVITES = 4;
/** Tries of one re-INVITE against 491 (RFC 3261 §14.1). */
export const MAX_REINVITE_TRIES = 5;
/** How long the far end may think about one re-INVITE after a provisional response; without one timer B ends it at 32 s. */
export const REINVITE_TIMEOUT_MS = 40_000;
/** Pause between repeated 180s, so that proxies do not take the call for dead (RFC 3261 §13.3.1.1). */
export const RING_AGAIN_MS = 60_000;
/** How long our INVITE may ring before it is cancelled, unless the caller says otherwise: below timer C of the proxies on the way. */
export const INVITE_TIMEOUT_MS = 175_000;
/** Answers of a forked INVITE beyond the first that are acknowledged and ended; more are left to time out. */
export const MAX_FORKS = 8;
/** How long `close` waits for the answers to its last BYEs. */
export const CLOSE_GRACE_MS = 1_000;
/** Reliable provisional responses of ours that may wait for the PRACK of the one before. */
export const MAX_WAITING_PROVISIONALS = 4;
/** Early dialogs of one INVITE of ours; a fork with more phones rings on without our notice. */
export const MAX_EARLY_DIALOGS = 8;
/** Tries of one INVITE of ours: redirected, or asked for a longer session. */
export const MAX_INVITE_TRIES = 6;
/** Sign of life inside a call whose far end does not know session timers: OPTIONS this often. */
export const KEEP_ALIVE_MS = 600_000;
/** Pause before a refresh that the far end could not take just now is tried again. */
export const REFRESH_AGAIN_MS = 10_000;
/** References open in one call, theirs and ours each. */
export const MAX_REFERRALS = 4;
/** How long the house may think about a reference before it is refused, so that its transaction is not kept for ever. */
export const REFERRAL_DECISION_MS = 20_000;
/** How long a reference may take: longer than any phone rings (RFC 3515 §2.4.4 leaves it to us). */
export const REFERRAL_MS = 300_000;
/** Ended dialogs remembered, so that an INVITE that wants to replace one is told 603 and not 481 (RFC 3891 §3). */
export const MAX_ENDED_DIALOGS = 1024;
