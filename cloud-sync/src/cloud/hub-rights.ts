/**
 * Who may say and hear what on the hub of one site, pure: the least each needs for its work. The same table is rendered into user JWTs
 * and into a configuration with certificates. Streams are made and changed by the operator alone, whose credentials no running process has.
 */
import { subjectsOf } from '../nats/subjects.ts';

export type HubRole = 'site' | 'workers' | 'publisher' | 'operator';
export const HUB_ROLES: readonly HubRole[] = ['site', 'workers', 'publisher', 'operator'];

export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer a request on its own reply subject, this many times within this long; absent: not at all. */
  readonly respond?: { readonly max: number; readonly withinMs: number };
}

/** Questions the site may ask and the workers may hear, below `keepline.v1.<site>.`. */
const QUESTIONS = ['advice.>', 'assist', 'assist.>', 'summary', 'summary.>', 'qa', 'qa.>'] as const;
/** A streamed answer comes in parts; more than these go nowhere. */
const RESPOND = { max: 256, withinMs: 120_000 };

/** Reply subjects of the roles; none may listen to those of another. */
export function inboxOf(site: string, role: Exclude<HubRole, 'site'>): string {
  return role === 'workers' ? '_INBOX' : `_INBOX_${role}_${site}`;
}

/** @throws KeeplineError SITE_NAME_INVALID */
export function rightsOf(site: string): Readonly<Record<HubRole, Rights>> {
  const s = subjectsOf(site);
  const questions = QUESTIONS.map((name) => `keepline.v1.${site}.${name}`);
  const downlinkConsumer = `${s.downlinkStream}.${s.downlinkConsumer}`;
  return {
    site: {
      publish: [
        s.events,
        ...questions,
        s.receipts,
        // What the relay needs of the JetStream API, by name (D8): where does my stream stand, and what is its last message.
        `$JS.API.STREAM.INFO.${s.stream}`,
        `$JS.API.STREAM.MSG.GET.${s.stream}`,
        // What the downlink needs: the one consumer made for it.
        `$JS.API.CONSUMER.INFO.${downlinkConsumer}`,
        `$JS.API.CONSUMER.MSG.NEXT.${downlinkConsumer}`,
        `$JS.ACK.${downlinkConsumer}.>`,
      ],
      subscribe: [`${s.siteInbox}.>`],
    },
    workers: {
      publish: [
        '$JS.API.INFO',
        `$JS.API.STREAM.INFO.${s.stream}`,
        `$JS.API.STREAM.MSG.GET.${s.stream}`,
        // Consumers of the event stream only: one of the downlink stream could deliver what the cloud wrote onto the site's subjects.
        ...['CREATE', 'DURABLE.CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${s.stream}.>`),
        `$JS.API.CONSUMER.CREATE.${s.stream}`,
        `$JS.ACK.${s.stream}.>`,
        `$JS.FC.${s.stream}.>`,
      ],
      subscribe: [`${inboxOf(site, 'workers')}.>`, ...questions, `keepline.v1.${site}.analytics.>`, '$SRV.>'],
      respond: RESPOND,
    },
    publisher: { publish: [s.downlink], subscribe: [`${inboxOf(site, 'publisher')}.>`] },
    operator: { publish: ['>'], subscribe: ['>'] },
  };
}
