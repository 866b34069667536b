/** Test support: anonymised events as the gateway would append them. Not imported by the product. */
import type { Anonymised } from '@keepline/contracts/anonymised';
import type { CloudEvent, EventType } from '@keepline/contracts/events';
import { newId } from '@keepline/contracts/ids';

const MADE_AT_MS = 1_790_000_000_000;

/** An event of this type for the site `demo`; `n` makes its time unique. */
export function madeEvent(n: number, type: EventType = 'call.held', data: CloudEvent['data'] = { by: 'caller' }): Anonymised<CloudEvent> {
  const timeMs = MADE_AT_MS + n;
  const callId = newId('call', timeMs);
  const event: CloudEvent = {
    specversion: '1.0',
    id: newId('evt', timeMs),
    source: '/keepline/demo',
    type: `cn.keepline.${type}.v1`,
    time: new Date(timeMs).toISOString(),
    datacontenttype: 'application/json',
    data: { callId, ...data },
  };
  // Tests stand in for compliance/src/anonymise, which alone may grant this brand in the product.
  return event as Anonymised<CloudEvent>;
}
