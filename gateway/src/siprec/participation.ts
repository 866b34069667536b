/**
 * Who is heard on which stream of a recording session, as the metadata so far tells it. A complete document replaces what was known, a partial
 * one changes it (RFC 7865 §5, RFC 7866 §9.1). Pure; bounded by `MAX_PARTICIPANTS` of each kind.
 */
import type { ForkedParty } from '../calls/forked-call.ts';
import { MAX_PARTICIPANTS, type Metadata, type Participant } from './metadata.ts';

export interface Participation {
  /** `''` until it is known. */
  readonly session: string;
  readonly participants: ReadonlyMap<string, Participant>;
  /** Label by id of the stream. */
  readonly labels: ReadonlyMap<string, string>;
  /** Ids of the streams each participant is heard on, by its id. */
  readonly sends: ReadonlyMap<string, readonly string[]>;
}

export const NOBODY: Participation = { session: '', participants: new Map(), labels: new Map(), sends: new Map() };

export function follow(known: Participation, news: Metadata): Participation {
  const before = news.isComplete ? NOBODY : known;
  const participants = new Map(before.participants);
  for (const participant of news.participants) {
    const old = participants.get(participant.id);
    // A partial document may name a participant only to say where it speaks.
    participants.set(participant.id, {
      ...participant,
      number: participant.number || (old?.number ?? ''),
      name: participant.name || (old?.name ?? ''),
    });
  }
  const labels = new Map(before.labels);
  for (const { id, label } of news.streams) if (label !== '') labels.set(id, label);
  const sends = new Map(before.sends);
  for (const { participantId, sends: streams, isOver } of news.associations) {
    if (isOver) sends.delete(participantId);
    else if (streams !== undefined) sends.set(participantId, streams);
  }
  return { session: news.session || known.session, participants: latest(participants), labels: latest(labels), sends: latest(sends) };
}

/**
 * Who is left and who is right in the recording, given the labels of both streams. A mixed stream has all its voices on the left, so that its
 * first two participants are the two parties.
 */
export function partiesOn(known: Participation, labels: readonly (string | null)[]): readonly [ForkedParty | null, ForkedParty | null] {
  const heard = labels.map((label) => (label === null ? [] : speakersOn(known, label)));
  const [left = [], right = []] = heard;
  const isMixed = labels.filter((label) => label !== null).length === 1;
  const [first, second] = isMixed ? (left.length > 0 ? left : right) : [];
  return isMixed ? [first ?? null, second ?? null] : [left.at(-1) ?? null, right.at(-1) ?? null];
}

/** In the order they came: after a transfer the last one is who speaks. */
function speakersOn({ participants, labels, sends }: Participation, label: string): ForkedParty[] {
  return [...sends].flatMap(([participantId, streams]) => {
    const who = participants.get(participantId);
    return who !== undefined && streams.some((id) => labels.get(id) === label) ? [{ number: who.number, name: who.name }] : [];
  });
}

/** A source that renames its participants for hours fills no memory: the oldest go. */
function latest<V>(map: Map<string, V>): Map<string, V> {
  const excess = map.size - MAX_PARTICIPANTS;
  return excess > 0 ? new Map([...map].slice(excess)) : map;
}
