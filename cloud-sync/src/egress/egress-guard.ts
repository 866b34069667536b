/**
 * The last look before anything leaves the site: only known events with known fields of known shape, no personal data in any text.
 * Verdicts name the field and the kind of finding, never the value. Pure.
 */
import type { AdviceRequest } from '@keepline/contracts/advice';
import { CLOUD_EVENT_MAX_BYTES, CLOUD_EVENT_PREFIX } from '@keepline/contracts/events';
import { isId } from '@keepline/contracts/ids';
import { ALLOWED, ALLOWED_ADVICE, type Fields, type Shape } from './allowed-shapes.ts';
import { findPersonalData } from './personal-data.ts';

export type Verdict = { readonly clean: true } | { readonly clean: false; readonly why: string };

const CLEAN: Verdict = { clean: true };
const stop = (why: string): Verdict => ({ clean: false, why });

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
/** A kind, a dash, and at least 128 bits of hex, base64url or other letters. */
const REF = /^[a-z]{2,12}-[A-Za-z0-9_-]{22,50}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** No phone number fits. */
const COUNT_MAX = 1_000_000_000;
const DIGEST = /^(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{91}=)$/;
const DURATION_MAX_MS = 7 * 86_400_000;

const ENVELOPE: Readonly<Record<string, true>> = {
  specversion: true,
  id: true,
  source: true,
  type: true,
  time: true,
  datacontenttype: true,
  data: true,
};
const FIELDS_OF = new Map<string, Fields>(Object.entries(ALLOWED));

/** @param body the CloudEvent as it would be sent, JSON */
export function inspectEvent(body: string, site: string): Verdict {
  if (Buffer.byteLength(body) > CLOUD_EVENT_MAX_BYTES) return stop('too_large');
  const event = parsed(body);
  if (!isRecord(event)) return stop('not_an_event');
  if (Object.keys(event).some((key) => !Object.hasOwn(ENVELOPE, key))) return stop('unknown_attribute');
  const { specversion, id, source, type, time, datacontenttype, data } = event;
  if (specversion !== '1.0' || datacontenttype !== 'application/json') return stop('bad_envelope');
  if (typeof id !== 'string' || !isId('evt', id)) return stop('bad_shape in id');
  if (source !== `/keepline/${site}`) return stop('foreign_source');
  if (typeof time !== 'string' || !TIME.test(time)) return stop('bad_shape in time');
  const fields = typeof type === 'string' ? fieldsOf(type) : undefined;
  if (!fields) return stop('unknown_type');
  if (!isRecord(data)) return stop('bad_shape in data');
  for (const [field, value] of Object.entries(data)) {
    const shape = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (shape === undefined) return stop('unknown_field'); // its name may be personal data itself
    const why = inspectValue(value, shape);
    if (why) return stop(`${why} in ${field}`);
  }
  return CLEAN;
}

export function inspectAdvice(request: AdviceRequest, site: string): Verdict {
  if (request.site !== site) return stop('foreign_source');
  for (const [field, value] of Object.entries(request)) {
    const shape = Object.hasOwn(ALLOWED_ADVICE, field) ? ALLOWED_ADVICE[field] : undefined;
    if (shape === undefined) return stop('unknown_field');
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      const why = inspectValue(one, shape === 'names' ? 'name' : shape === 'number' ? 'count' : shape);
      if (why) return stop(`${why} in ${field}`);
    }
  }
  return CLEAN;
}

function fieldsOf(type: string): Fields | undefined {
  if (!type.startsWith(CLOUD_EVENT_PREFIX) || !type.endsWith('.v1')) return undefined;
  return FIELDS_OF.get(type.slice(CLOUD_EVENT_PREFIX.length, -'.v1'.length));
}

/** What is wrong with a value, or undefined. The finding comes before the shape: it says more. */
function inspectValue(value: unknown, shape: Shape): string | undefined {
  if (shape === 'flag') return typeof value === 'boolean' ? undefined : 'bad_shape';
  if (shape === 'count') return isWhole(value, COUNT_MAX) ? undefined : 'bad_shape';
  if (shape === 'duration') return isWhole(value, DURATION_MAX_MS) && value >= 0 ? undefined : 'bad_shape';
  if (typeof value !== 'string') return 'bad_shape';
  // Random like an identifier, and of one length: 32 bytes of a hash, or 68 of a signature with its key id.
  if (shape === 'digest') return DIGEST.test(value) ? undefined : 'bad_shape';
  // A well-formed identifier is random; in one of a hundred thousand eleven of its digits happen to look like a mobile number.
  if (typeof shape === 'object' && 'id' in shape && isId(shape.id, value)) return undefined;
  const finding = findPersonalData(value, shape === 'ref' ? 'opaque' : 'text');
  if (finding) return finding;
  if (shape === 'name') return value === '' || NAME.test(value) ? undefined : 'bad_shape';
  if (shape === 'ref') return value === '' || REF.test(value) ? undefined : 'bad_shape';
  if ('id' in shape) return 'bad_shape';
  return shape.includes(value) ? undefined : 'bad_shape';
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= most;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
