/** A CloudEvent as it arrives in the cloud: parsed once here, trusted afterwards. Pure. */
import { CLOUD_EVENT_MAX_BYTES, type CloudEvent } from '@keepline/contracts/events';
import { isId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

/** Attributes of CloudEvents 1.0 §3.1 as Keepline uses them. */
const Envelope = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ maxLength: 64 }),
    source: Type.String({ pattern: '^/keepline/[a-z][a-z0-9-]{0,31}$' }),
    type: Type.String({ pattern: '^cn\\.keepline\\.[a-z0-9_.]{1,64}\\.v[0-9]{1,3}$' }),
    time: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$' }),
    datacontenttype: Type.Literal('application/json'),
    data: Type.Record(Type.String({ maxLength: 64 }), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  },
  { additionalProperties: false },
);

/** The event, or undefined when the text is not one of this site. */
export function parseCloudEvent(text: string, site: string): CloudEvent | undefined {
  if (Buffer.byteLength(text) > CLOUD_EVENT_MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Value.Check(Envelope, value) || value.source !== `/keepline/${site}` || Number.isNaN(Date.parse(value.time))) return undefined;
  const { id } = value;
  return isId('evt', id) ? { ...value, id } : undefined;
}

/** A text field of the event's data; '' when it is absent or no text. */
export function textField(event: CloudEvent, name: string): string {
  const value = event.data[name];
  return typeof value === 'string' ? value : '';
}

/** A numeric field of the event's data; 0 when it is absent or no number. */
export function numberField(event: CloudEvent, name: string): number {
  const value = event.data[name];
  return typeof value === 'number' ? value : 0;
}
