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
  readonly analyticsCounters: string;
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
    analyticsCounters: `${root}.analytics.counters`,
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
