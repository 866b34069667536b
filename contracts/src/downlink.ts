/**
 * What the cloud may propose to a site: a signed envelope of one of three kinds. Nothing in it takes effect by itself; the site verifies it,
 * keeps it, and applies it after an approval of its own (docs/adr/0008-signed-downlink.md).
 *
 * The signature is Ed25519 (RFC 8032) over the JSON Canonicalization Scheme (RFC 8785) of the envelope without `signature`. Numbers are
 * integers within ±2^53, for which the scheme is what `JSON.stringify` writes, so sorting the names is all that is left to do.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Largest envelope on the wire, bytes of JSON. */
export const DOWNLINK_MAX_BYTES = 524_288;
/** Nesting of a flow is four levels; deeper documents are refused before they are walked. */
const DEPTH_MAX = 16;
const DOMAIN = 'keepline-downlink-v1\n';

export const DOWNLINK_KINDS = ['flow.suggestion', 'skills.table', 'knowledge.snapshot'] as const;
export type DownlinkKind = (typeof DOWNLINK_KINDS)[number];

/** A whole IVR flow; the flow checker of the site judges its nodes, here only its size matters. */
export const FlowSuggestion = Type.Object(
  { flow: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()), reason: Type.String({ maxLength: 1000 }) },
  { additionalProperties: false },
);

/** Skills by agent: replaces the skills of the agents it names, leaves the others alone, never makes an agent or a queue. */
export const SkillsTable = Type.Object(
  {
    agents: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: '^[a-z][a-z0-9._-]{0,47}$' }),
          skills: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 2000 },
    ),
    reason: Type.String({ maxLength: 1000 }),
  },
  { additionalProperties: false },
);
export type SkillsTable = Static<typeof SkillsTable>;

/** Texts for the desk to search; the snapshot replaces the one before as a whole. */
export const KnowledgeSnapshot = Type.Object(
  {
    articles: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
          title: Type.String({ minLength: 1, maxLength: 200 }),
          body: Type.String({ maxLength: 20_000 }),
          language: Type.Union([Type.Literal('zh'), Type.Literal('en')]),
        },
        { additionalProperties: false },
      ),
      { maxItems: 2000 },
    ),
  },
  { additionalProperties: false },
);
export type KnowledgeSnapshot = Static<typeof KnowledgeSnapshot>;

const PAYLOADS = { 'flow.suggestion': FlowSuggestion, 'skills.table': SkillsTable, 'knowledge.snapshot': KnowledgeSnapshot } as const;

export const DownlinkEnvelope = Type.Object(
  {
    v: Type.Literal(1),
    id: Type.String({ pattern: '^dl-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    site: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    kind: Type.Union([Type.Literal('flow.suggestion'), Type.Literal('skills.table'), Type.Literal('knowledge.snapshot')]),
    /** Rises with every envelope of its kind; an older or equal one is refused. */
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** Wall ms since 1970; valid from `notBeforeMs` up to, not including, `notAfterMs`. */
    notBeforeMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    notAfterMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    payload: Type.Unknown(),
    /** Name of the signing key, as pinned in `downlink.keys`. */
    key: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }),
    /** Ed25519, 64 bytes, base64 in its one canonical spelling (RFC 4648 §3.5): the unused bits of the last letter are zero. */
    signature: Type.String({ pattern: '^[A-Za-z0-9+/]{85}[AQgw]==$' }),
  },
  { additionalProperties: false },
);
export type DownlinkEnvelope = Static<typeof DownlinkEnvelope>;
export type UnsignedDownlink = Omit<DownlinkEnvelope, 'signature'>;

/** Why an envelope is refused, in the order of the checks. */
export type DownlinkRefusal =
  | 'too_large'
  | 'malformed'
  | 'other_site'
  | 'key_unknown'
  | 'signature_wrong'
  | 'payload_invalid'
  | 'expired'
  | 'not_yet_valid'
  | 'version_old'
  | 'store_full';

export type DownlinkVerdict =
  | { readonly ok: true; readonly envelope: DownlinkEnvelope }
  | { readonly ok: false; readonly why: DownlinkRefusal };

/** A receipt of the site: that it holds the envelope, or why not. No personal data, no free text. */
export const DownlinkReceipt = Type.Object(
  {
    id: Type.String({ maxLength: 64 }),
    kind: Type.String({ maxLength: 32 }),
    version: Type.Integer({ minimum: 0 }),
    outcome: Type.Union([Type.Literal('stored'), Type.Literal('refused')]),
    why: Type.String({ maxLength: 32 }),
    atMs: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type DownlinkReceipt = Static<typeof DownlinkReceipt>;

/** DER of SubjectPublicKeyInfo for Ed25519 up to the key itself (RFC 8410 §4). */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** Key objects by name. The texts are checked with the site file (`downlink-key.ts`). @throws Error when a key is not on the curve's encoding */
export function pinnedKeys(texts: readonly string[]): ReadonlyMap<string, KeyObject> {
  return new Map(
    texts.map((text) => {
      const [name = '', key = ''] = text.split(':');
      const der = Buffer.concat([SPKI_HEAD, Buffer.from(key, 'base64')]);
      return [name, createPublicKey({ key: der, format: 'der', type: 'spki' })] as const;
    }),
  );
}

/** The text to pin for this key. */
export function pinOf(name: string, key: KeyObject): string {
  return `${name}:${key.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length).toString('base64')}`;
}

export function signDownlink(unsigned: UnsignedDownlink, key: KeyObject): DownlinkEnvelope {
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), key).toString('base64') };
}

/**
 * All checks that need nothing but the bytes, the site's name, its pinned keys and the hour. Whether the version rises is asked where the
 * last one is known. The signature is verified before the payload is looked at.
 * @param nowMs wall time
 */
export function judgeDownlink(bytes: Uint8Array, site: string, keys: ReadonlyMap<string, KeyObject>, nowMs: number): DownlinkVerdict {
  const refuse = (why: DownlinkRefusal): DownlinkVerdict => ({ ok: false, why });
  if (bytes.length > DOWNLINK_MAX_BYTES) return refuse('too_large');
  const envelope = parsed(bytes);
  if (!shallow(envelope) || !Value.Check(DownlinkEnvelope, envelope)) return refuse('malformed');
  if (envelope.site !== site) return refuse('other_site');
  const key = keys.get(envelope.key);
  if (!key) return refuse('key_unknown');
  const { signature, ...unsigned } = envelope;
  if (!verify(null, signedBytes(unsigned), key, Buffer.from(signature, 'base64'))) return refuse('signature_wrong');
  if (!Value.Check(PAYLOADS[envelope.kind], envelope.payload)) return refuse('payload_invalid');
  if (nowMs >= envelope.notAfterMs) return refuse('expired');
  if (nowMs < envelope.notBeforeMs) return refuse('not_yet_valid');
  return { ok: true, envelope };
}

/** The domain keeps a signature made here from passing for one of another protocol with the same key. */
function signedBytes(unsigned: UnsignedDownlink): Buffer {
  return Buffer.from(DOMAIN + canonicalJson(unsigned), 'utf8');
}

/** RFC 8785 for values without fractions: names in order of their UTF-16 code units, no white space. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => `${JSON.stringify(name)}:${canonicalJson(part)}`);
  return `{${parts.join(',')}}`;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Walks with a list of its own: a document of a hundred thousand brackets must not end the stack. */
function shallow(document: unknown): boolean {
  let level = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return false;
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
  }
  return true;
}
