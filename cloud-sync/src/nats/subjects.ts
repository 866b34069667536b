/** Every subject and stream name of Keepline on NATS, in one place. Version 1. */
import { KeeplineError } from '@keepline/contracts/errors';

/** The pattern of `site` in the site file: no dot and no wildcard, so a site cannot name a subject of another. */
const SITE = /^[a-z][a-z0-9-]{0,31}$/;
const EVENT_TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;

export interface Subjects {
  /** Stream that holds the site's events. */
  readonly stream: string;
  /** All events of the site, with wildcard. */
  readonly events: string;
  readonly adviceRoute: string;
  /** Micro services for the desk; texts go there anonymised. */
  readonly assist: string;
  readonly summary: string;
  readonly qa: string;
  readonly analyticsCounters: string;
  /** Stream that holds what the cloud proposes to the site; one subject per kind below `downlink`. */
  readonly downlinkStream: string;
  readonly downlink: string;
  /** The one consumer of that stream the site may read; made by the operator when the site is provisioned. */
  readonly downlinkConsumer: string;
  /** Stream and subjects of the site's receipts for what it was sent. */
  readonly receiptsStream: string;
  readonly receipts: string;
  /** Prefix of reply subjects; private to the site so that no other user of the account can listen in. */
  readonly siteInbox: string;
}

/** @throws KeeplineError SITE_NAME_INVALID */
export function subjectsOf(site: string): Subjects {
  if (!SITE.test(site)) {
    throw new KeeplineError('SITE_NAME_INVALID', `"${site}" cannot be a site name`, {
      hint: 'Use up to 32 small letters, digits and dashes, beginning with a letter (setting `site`).',
      offending: site,
    });
  }
  const root = `keepline.v1.${site}`;
  return {
    stream: `KEEPLINE_${site.toUpperCase()}`,
    events: `${root}.events.>`,
    adviceRoute: `${root}.advice.route`,
    assist: `${root}.assist`,
    summary: `${root}.summary`,
    qa: `${root}.qa`,
    analyticsCounters: `${root}.analytics.counters`,
    downlinkStream: `KEEPLINE_${site.toUpperCase()}_DOWNLINK`,
    downlink: `${root}.downlink.>`,
    downlinkConsumer: 'site',
    receiptsStream: `KEEPLINE_${site.toUpperCase()}_RECEIPTS`,
    receipts: `${root}.receipts.>`,
    siteInbox: `_INBOX_${site}`,
  };
}

/**
 * Subject of one event.
 * @param type short type such as `call.ended`; anything that is not a plain dotted name becomes `unknown`, so that no event can choose its subject
 */
export function eventSubject(site: string, type: string): string {
  return `keepline.v1.${site}.events.${EVENT_TYPE.test(type) ? type : 'unknown'}`;
}
