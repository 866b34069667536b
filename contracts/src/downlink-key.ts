/** Shape of a pinned downlink key, apart from `downlink.ts` so that the settings need no cryptography. */

/** A name, a colon, and the raw 32 bytes of the Ed25519 public key in base64. */
export const DOWNLINK_KEY_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9+/]{43}=$';
