/**
 * Whether a stream is encrypted: the policy of the site against what an m= line offers or answers. Keys in SDP (RFC 4568) come as RTP/SAVP, or
 * beside RTP/AVP as an offer that may be left out (RFC 8643). Pure.
 */
import { type CryptoLine, cryptoLine, type CryptoSuite, KEY_BYTES, OFFERED_SUITES, readCrypto } from './crypto-attribute.ts';
import type { SdpLine, SdpMedia } from './session.ts';

export type SrtpPolicy = 'required' | 'preferred' | 'off';
export interface SrtpTerms {
  readonly policy: SrtpPolicy;
  /** Signalling is TLS, or the site says otherwise: a key sent in the clear protects from nobody who reads the signalling (RFC 4568 §7). */
  readonly mayNameKeys: boolean;
  /** What we seal with, for the life of the leg: the far end need not begin its counters anew at each re-INVITE. */
  readonly keys: Readonly<Record<CryptoSuite, Uint8Array<ArrayBuffer>>>;
}
/** Keys of both directions, each the master key followed by the master salt. */
export interface SrtpKeys {
  readonly suite: CryptoSuite;
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}
export type SrtpFault = 'srtp_not_supported' | 'srtp_off' | 'srtp_required' | 'srtp_needs_tls' | 'srtp_no_common_suite';
/** null is sound in the clear. */
export type Agreed = { readonly tag: number; readonly keys: SrtpKeys } | null;

const PLAIN = new Set(['RTP/AVP', 'RTP/AVPF']);
/** SAVPF only promises feedback that may be left unused, as AVPF does (RFC 5124). */
const SECURE = new Set(['RTP/SAVP', 'RTP/SAVPF']);

/** @param random a source of unguessable bytes, as node:crypto has */
export function newSrtpTerms(policy: SrtpPolicy, mayNameKeys: boolean, random: (bytes: number) => Uint8Array): SrtpTerms {
  const key = (suite: CryptoSuite): Uint8Array<ArrayBuffer> => new Uint8Array(random(KEY_BYTES[suite]));
  const keys = {
    AES_CM_128_HMAC_SHA1_80: key('AES_CM_128_HMAC_SHA1_80'),
    AEAD_AES_128_GCM: key('AEAD_AES_128_GCM'),
    AES_CM_128_HMAC_SHA1_32: key('AES_CM_128_HMAC_SHA1_32'),
  };
  return { policy, mayNameKeys, keys };
}

/** The keys are of no more use. Their text in SDP that was sent is the memory manager's to drop. */
export function wipeTerms({ keys }: SrtpTerms): void {
  for (const key of Object.values(keys)) key.fill(0);
}

/** Whether an m= line is sound at all, in whatever wrapping. */
export const isRtp = (protocol: string): boolean => PLAIN.has(protocol) || protocol.includes('SAVP');

/** What an offered stream becomes. */
export function agreeOffered({ protocol, lines }: SdpMedia, terms: SrtpTerms | undefined): Agreed | SrtpFault {
  const isSecure = SECURE.has(protocol);
  if (!isSecure && !PLAIN.has(protocol)) return 'srtp_not_supported'; // DTLS: browsers come by their own door
  const offered = readCrypto(lines)[0];
  if (terms !== undefined && terms.policy !== 'off' && terms.mayNameKeys && offered !== undefined)
    return { tag: offered.tag, keys: { suite: offered.suite, send: terms.keys[offered.suite].slice(), receive: offered.key } };
  if (!isSecure) return terms?.policy === 'required' ? 'srtp_required' : null;
  if (terms === undefined || terms.policy === 'off') return 'srtp_off';
  return terms.mayNameKeys ? 'srtp_no_common_suite' : 'srtp_needs_tls';
}

/** What our offer became by the answer; the tag says which of our keys was chosen (RFC 4568 §5.1.3). */
export function agreeAnswered(ours: SdpMedia, theirs: SdpMedia): Agreed | SrtpFault {
  const mustBeSecure = SECURE.has(ours.protocol);
  if (!SECURE.has(theirs.protocol) && !PLAIN.has(theirs.protocol)) return 'srtp_not_supported';
  const offered = readCrypto(ours.lines);
  for (const chosen of readCrypto(theirs.lines)) {
    const own: CryptoLine | undefined = offered.find(({ tag, suite }) => tag === chosen.tag && suite === chosen.suite);
    if (own) return { tag: own.tag, keys: { suite: own.suite, send: own.key, receive: chosen.key } };
  }
  return mustBeSecure || SECURE.has(theirs.protocol) ? 'srtp_required' : null;
}

/** The profile and the keys of an offer of ours. Without a way to name keys it is plain: who requires encryption must not send it (`canOffer`). */
export function offerLines(terms: SrtpTerms | undefined): { readonly protocol: string; readonly lines: SdpLine[] } {
  if (terms === undefined || terms.policy === 'off' || !terms.mayNameKeys) return { protocol: 'RTP/AVP', lines: [] };
  const lines = OFFERED_SUITES.map((suite, i) => cryptoLine(i + 1, suite, terms.keys[suite]));
  return { protocol: terms.policy === 'required' ? 'RTP/SAVP' : 'RTP/AVP', lines };
}

/** False when encryption is required and there is no way to name its keys. */
export const canOffer = (terms: SrtpTerms): boolean => terms.policy !== 'required' || terms.mayNameKeys;

export function answerLines(agreed: Agreed): SdpLine[] {
  return agreed === null ? [] : [cryptoLine(agreed.tag, agreed.keys.suite, agreed.keys.send)];
}
