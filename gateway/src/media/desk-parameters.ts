/**
 * Media parameters as a desk sends them: JSON from a browser, so it is read like any stranger's. Only what matches these shapes reaches
 * the media worker, in which a number out of range would be undefined behaviour for every desk at once.
 */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { BrowserMediaRefused } from './errors.ts';

const open = { additionalProperties: true } as const;
const short = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const payloadType = Type.Integer({ minimum: 0, maximum: 127 });
const feedback = Type.Array(Type.Object({ type: short(32), parameter: Type.Optional(Type.String({ maxLength: 32 })) }), { maxItems: 16 });
/** Hex pairs with colons, RFC 8122 §5: 20 bytes for SHA-1 to 64 for SHA-512. */
const fingerprint = (algorithm: 'sha-1' | 'sha-224' | 'sha-256' | 'sha-384' | 'sha-512', bytes: number) =>
  Type.Object({ algorithm: Type.Literal(algorithm), value: Type.String({ pattern: `^([0-9A-Fa-f]{2}:){${bytes - 1}}[0-9A-Fa-f]{2}$` }) });

const DtlsParameters = Type.Object(
  {
    role: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('client'), Type.Literal('server')])),
    fingerprints: Type.Array(
      Type.Union([
        fingerprint('sha-1', 20),
        fingerprint('sha-224', 28),
        fingerprint('sha-256', 32),
        fingerprint('sha-384', 48),
        fingerprint('sha-512', 64),
      ]),
      { minItems: 1, maxItems: 5 },
    ),
  },
  open,
);
export type DtlsParameters = Static<typeof DtlsParameters>;

const MicrophoneParameters = Type.Object(
  {
    mid: Type.Optional(short(16)),
    codecs: Type.Array(Type.Object({ mimeType: short(64), payloadType, clockRate: Type.Integer() }, open), { minItems: 1, maxItems: 8 }),
    headerExtensions: Type.Optional(
      Type.Array(Type.Object({ uri: short(128), id: Type.Integer({ minimum: 1, maximum: 14 }) }, open), { maxItems: 14 }),
    ),
    encodings: Type.Array(Type.Object({ ssrc: Type.Integer({ minimum: 1, maximum: 0xffff_ffff }) }, open), { minItems: 1, maxItems: 1 }),
    rtcp: Type.Optional(Type.Object({ cname: Type.Optional(short(255)) }, open)),
  },
  open,
);

const Receivable = Type.Object(
  {
    codecs: Type.Array(
      Type.Object(
        {
          kind: Type.Union([Type.Literal('audio'), Type.Literal('video')]),
          mimeType: short(64),
          preferredPayloadType: payloadType,
          clockRate: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
          channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
          rtcpFeedback: Type.Optional(feedback),
        },
        open,
      ),
      { minItems: 1, maxItems: 64 },
    ),
  },
  open,
);

/** What a microphone is to the media worker: one PCMA stream; anything else a browser offers beside it is left out. */
export interface Microphone {
  readonly mid?: string;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly cname?: string;
  /** Number of the header extension that carries the mid, when there is one (RFC 9143 §15). */
  readonly midExtension?: number;
}

/** @throws BrowserMediaRefused */
export function readDtlsParameters(given: unknown): DtlsParameters {
  if (!Value.Check(DtlsParameters, given)) throw refused('dtlsParameters', DtlsParameters, given);
  const fingerprints = given.fingerprints.map(({ algorithm, value }) => ({ algorithm, value }));
  return given.role === undefined ? { fingerprints } : { role: given.role, fingerprints };
}

/** @throws BrowserMediaRefused */
export function readMicrophone(given: unknown): Microphone {
  if (!Value.Check(MicrophoneParameters, given)) throw refused('rtpParameters', MicrophoneParameters, given);
  const codec = given.codecs.find(({ mimeType, clockRate }) => isPcma(mimeType, clockRate));
  if (!codec) throw new BrowserMediaRefused('rtpParameters', 'the microphone does not send PCMA at 8000 Hz');
  const midExtension = given.headerExtensions?.find(({ uri }) => uri === 'urn:ietf:params:rtp-hdrext:sdes:mid')?.id;
  const [encoding] = given.encodings;
  return {
    payloadType: codec.payloadType,
    ssrc: encoding?.ssrc ?? 0,
    ...(given.mid === undefined ? {} : { mid: given.mid }),
    ...(given.rtcp?.cname === undefined ? {} : { cname: given.rtcp.cname }),
    ...(midExtension === undefined ? {} : { midExtension }),
  };
}

/** The payload type a browser plays PCMA with. @throws BrowserMediaRefused */
export function readReceivable(given: unknown): { readonly payloadType: number } {
  if (!Value.Check(Receivable, given)) throw refused('rtpCapabilities', Receivable, given);
  const codec = given.codecs.find(({ kind, mimeType, clockRate }) => kind === 'audio' && isPcma(mimeType, clockRate));
  if (!codec) throw new BrowserMediaRefused('rtpCapabilities', 'the browser does not play PCMA at 8000 Hz');
  return { payloadType: codec.preferredPayloadType };
}

function isPcma(mimeType: string, clockRate: number): boolean {
  return mimeType.toLowerCase() === 'audio/pcma' && clockRate === 8000;
}

function refused(what: string, schema: Type.TSchema, given: unknown): BrowserMediaRefused {
  const [fault] = Value.Errors(schema, given);
  return new BrowserMediaRefused(what, fault ? `${fault.instancePath || '/'} ${fault.message}` : 'it has another shape');
}
