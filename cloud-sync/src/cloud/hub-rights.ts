/**
 * Who may say and hear what on the hub of one site, pure: the least each needs for its work. The same table is rendered into user JWTs
 * and into a configuration with certificates. Streams are made and changed by the operator alone, whose credentials no running process has.
 */
import { subjectsOf } from '../nats/subjects.ts';

export type HubRole = 'site' | 'workers' | 'reader' | 'publisher' | 'operator';
export const HUB_ROLES: readonly HubRole[] = ['site', 'workers', 'reader', 'publisher', 'operator'];

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

/** Reply subjects of the roles; none may listen to those of another. Services of several sites have one connection, so theirs name no site. */
export function inboxOf(site: string, role: Exclude<HubRole, 'site'>): string {
  if (role === 'workers') return '_INBOX';
  return role === 'reader' ? '_INBOX_reader' : `_INBOX_${role}_${site}`;
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
    // Two users for one process. A server up to 2.10.22 keeps the reply subject of each message it delivers to a user who may `respond`, and above
    // 4096 of them looks through all at each further message, in the one loop that also stores and acknowledges what the site sends
    // (nats-server#6058). Messages of a stream all have a reply subject: whoever answers questions must not read the stream, and the other way round.
    workers: {
      publish: [],
      subscribe: [`${inboxOf(site, 'workers')}.>`, ...questions, `keepline.v1.${site}.analytics.>`, '$SRV.>'],
      respond: RESPOND,
    },
    reader: {
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
      subscribe: [`${inboxOf(site, 'reader')}.>`],
    },
    publisher: { publish: [s.downlink], subscribe: [`${inboxOf(site, 'publisher')}.>`] },
    operator: { publish: ['>'], subscribe: ['>'] },
  };
}
