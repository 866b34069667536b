/**
 * Recording metadata (RFC 7865) as an SRC sends it: which session, who takes part, which stream has which label, who speaks on it. Read in the
 * form of the RFC and in that of the drafts before it, which AudioCodes and older Cisco and Huawei products keep: ids as `id`, the session of a
 * participant as an attribute, `send` inside the participant. Names and numbers are personal data. Pure.
 */
import { parseXml, type XmlElement, type XmlFault } from './xml.ts';

/** Of one document; a three-way conference needs a handful. */
export const MAX_PARTICIPANTS = 64;
const ID_MAX = 128;
const NAME_MAX = 128;

export interface Participant {
  readonly id: string;
  /** User part of its address, as written. Personal data. */
  readonly number: string;
  /** Personal data; `''` when none was sent. */
  readonly name: string;
}
export interface Stream {
  readonly id: string;
  /** As `a=label` of the session description has it. */
  readonly label: string;
}
/** What one participant has to do with streams and session. */
export interface Association {
  readonly participantId: string;
  /** Ids of the streams it is heard on; undefined where nothing is said of them. */
  readonly sends?: readonly string[];
  /** It is gone from there. */
  readonly isOver: boolean;
}
export interface Metadata {
  /** A complete document replaces all that was known; a partial one adds and changes. */
  readonly isComplete: boolean;
  /** Id under which the source knows the session, safe to show; `''` when it has none we can write. */
  readonly session: string;
  readonly participants: readonly Participant[];
  readonly streams: readonly Stream[];
  readonly associations: readonly Association[];
}
export type MetadataRead =
  | { readonly ok: true; readonly metadata: Metadata }
  | { readonly ok: false; readonly why: XmlFault | 'not_metadata' | 'too_many' };

export function readMetadata(text: string): MetadataRead {
  const parsed = parseXml(text.trim());
  if (!parsed.ok) return parsed;
  const { root } = parsed;
  if (root.name !== 'recording') return { ok: false, why: 'not_metadata' };
  const all = (name: string): XmlElement[] => childrenOf(root, name);
  const participants = all('participant');
  const streams = all('stream');
  const links = [...all('participantstreamassoc'), ...all('participantsessionassoc')];
  if (Math.max(participants.length, streams.length, links.length / 2) > MAX_PARTICIPANTS) return { ok: false, why: 'too_many' };
  const isPartial = /^partial$/i.test(all('datamode')[0]?.text ?? all('dataMode')[0]?.text ?? '');
  return {
    ok: true,
    metadata: {
      isComplete: !isPartial,
      session: sessionOf(all('session')),
      participants: participants.flatMap((element) => participantOf(element) ?? []),
      streams: streams.flatMap((element) => {
        const id = idOf(element, 'stream_id');
        return id === '' ? [] : [{ id, label: (childrenOf(element, 'label')[0]?.text ?? '').slice(0, ID_MAX) }];
      }),
      associations: [
        ...participants.flatMap((element) => draftAssociation(element) ?? []),
        ...links.flatMap((link) => association(link) ?? []),
      ],
    },
  };
}

/** Children of the vocabulary of the document; extensions of products have namespaces of their own. */
const childrenOf = (parent: XmlElement, name: string): XmlElement[] =>
  parent.children.filter((child) => child.name === name && child.namespace === parent.namespace);

const idOf = ({ attributes }: XmlElement, name: string): string =>
  (attributes.get(name) ?? attributes.get('id') ?? '').trim().slice(0, ID_MAX);

/** Of the communication session: its SIP Session-ID without the far half (RFC 7989), else the id of the document. */
function sessionOf(sessions: readonly XmlElement[]): string {
  const [first] = sessions;
  if (first === undefined) return '';
  const sip = childrenOf(first, 'sipSessionID')[0]?.text.split(';', 1)[0]?.trim() ?? '';
  const id = sip === '' ? idOf(first, 'session_id') : sip;
  return /^[A-Za-z0-9._:+/=@-]{1,128}$/.test(id) ? id : '';
}

function participantOf(element: XmlElement): Participant | null {
  const id = idOf(element, 'participant_id');
  const nameId = childrenOf(element, 'nameID')[0];
  if (id === '') return null;
  const name = nameId === undefined ? undefined : childrenOf(nameId, 'name')[0];
  return { id, number: userOf(nameId?.attributes.get('aor') ?? ''), name: (name?.text ?? '').slice(0, NAME_MAX) };
}

/** Who it is without the scheme, the host and the parameters: `sip:+8610…@host;user=phone`, `tel:…`, `1000@host`, `1000`. */
export function userOf(aor: string): string {
  const bare = aor
    .trim()
    .replace(/^<|>$/g, '')
    .replace(/^(sips?|tel):/i, '');
  const user = bare.split('@', 1)[0]?.split(';', 1)[0] ?? '';
  // oxlint-disable-next-line no-control-regex -- what could break a line is left out
  return user.replaceAll(/[\u0000-\u001f\u007f\s]/g, '').slice(0, ID_MAX);
}

/** The drafts keep streams inside the participant. */
function draftAssociation(element: XmlElement): Association | null {
  const participantId = idOf(element, 'participant_id');
  const sends = sendsOf(element);
  const isOver = childrenOf(element, 'disassociate-time').length > 0;
  if (participantId === '' || (sends === undefined && !isOver)) return null;
  return { participantId, isOver, ...(sends && { sends }) };
}

function association(link: XmlElement): Association | null {
  const participantId = idOf(link, 'participant_id');
  if (participantId === '') return null;
  const isOver = childrenOf(link, 'disassociate-time').length > 0;
  const sends = link.name === 'participantstreamassoc' ? (sendsOf(link) ?? []) : undefined;
  return { participantId, isOver, ...(sends && { sends }) };
}

function sendsOf(element: XmlElement): string[] | undefined {
  const sends = childrenOf(element, 'send').map(({ text }) => text.slice(0, ID_MAX));
  return sends.length === 0 ? undefined : sends;
}
