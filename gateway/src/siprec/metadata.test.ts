/** Metadata in the dialects of the RFC and of the drafts, its changes over a session, and garbage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PARTICIPANTS, type Metadata, readMetadata, userOf } from './metadata.ts';
import { follow, NOBODY, partiesOn } from './participation.ts';

const metadataOf = (text: string): Metadata => {
  const read = readMetadata(text);
  if (!read.ok) throw new Error(read.why);
  return read.metadata;
};
const doc = (inside: string, mode = 'complete'): string =>
  `<?xml version="1.0" encoding="UTF-8"?><recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>${mode}</datamode>${inside}</recording>`;
const who = (id: string, aor: string, name = ''): string =>
  `<participant participant_id="${id}"><nameID aor="${aor}">${name === '' ? '' : `<name xml:lang="zh">${name}</name>`}</nameID></participant>`;
const stream = (id: string, label: string): string => `<stream stream_id="${id}" session_id="cs1"><label>${label}</label></stream>`;
const speaks = (id: string, ...streams: string[]): string =>
  `<participantstreamassoc participant_id="${id}">${streams.map((one) => `<send>${one}</send>`).join('')}</participantstreamassoc>`;

/** As RFC 7865 has it; Cisco CUBE writes the same. */
const RFC = doc(
  `<session session_id="cs1"><sipSessionID>ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2</sipSessionID></session>
   ${who('alice', 'sip:+8613812345678@carrier.example;user=phone', '张伟')}${who('bob', 'sip:4001@bank.example', 'Bob')}
   ${stream('s1', '96')}${stream('s2', '97')}${speaks('alice', 's1')}${speaks('bob', 's2')}`,
);
/** As AudioCodes writes it, after the drafts; with an extension of its own. */
const DRAFT = `<?xml version="1.0"?><recording xmlns='urn:ietf:params:xml:ns:recording' xmlns:ac='http://audiocodes.example'>
  <datamode>complete</datamode><group id="g"><associate-time>2026-01-01T00:00:00</associate-time></group>
  <session id="0000-0011"><group-ref>g</group-ref><ac:AvayaUCID>FA080030C4E34B5B9E59</ac:AvayaUCID></session>
  <participant id="1111" session="0000-0011"><nameID aor="13812345678@ip"></nameID><send>1122</send><recv>1133</recv></participant>
  <participant id="2222" session="0000-0011"><nameID aor="tel:4001"/><send>1133</send><ac:participant id="3333"/></participant>
  <stream id="1122" session="0000-0011"><label>1</label></stream><stream id="1133" session="0000-0011"><label>2</label></stream></recording>`;

describe('metadata', () => {
  it('says who is on which label, in the form of the RFC', () => {
    const known = follow(NOBODY, metadataOf(RFC));
    expect(known.session).toBe('ab30317f1a784dc48ff824d0d3715d86');
    expect(partiesOn(known, ['96', '97'])).toEqual([
      { number: '+8613812345678', name: '张伟' },
      { number: '4001', name: 'Bob' },
    ]);
    expect(partiesOn(known, ['97', '96'])[0]?.number).toBe('4001');
  });

  it('says the same in the form of the drafts', () => {
    const known = follow(NOBODY, metadataOf(DRAFT));
    expect(known.session).toBe('0000-0011');
    expect(partiesOn(known, ['1', '2']).map((party) => party?.number)).toEqual(['13812345678', '4001']);
  });

  it('names both parties of one mixed stream', () => {
    const known = follow(
      NOBODY,
      metadataOf(doc(`${who('a', '1000@h')}${who('b', '2000@h')}${stream('s', '1')}${speaks('a', 's')}${speaks('b', 's')}`)),
    );
    expect(partiesOn(known, ['1', null]).map((party) => party?.number)).toEqual(['1000', '2000']);
  });

  it('knows nobody where labels and streams do not meet', () => {
    expect(partiesOn(follow(NOBODY, metadataOf(RFC)), ['1', '2'])).toEqual([null, null]);
    expect(partiesOn(NOBODY, ['1', '2'])).toEqual([null, null]);
  });

  it('changes in parts: one leaves, another joins on the same stream, and the rest stays', () => {
    let known = follow(NOBODY, metadataOf(RFC));
    const left =
      '<participantsessionassoc participant_id="bob" session_id="cs1"><disassociate-time>2026-01-01T00:01:00Z</disassociate-time></participantsessionassoc>';
    known = follow(known, metadataOf(doc(left, 'partial')));
    expect(partiesOn(known, ['96', '97']).map((party) => party?.number)).toEqual(['+8613812345678', undefined]);
    known = follow(known, metadataOf(doc(`${who('carol', 'sip:4002@bank.example')}${speaks('carol', 's2')}`, 'Partial')));
    expect(partiesOn(known, ['96', '97']).map((party) => party?.number)).toEqual(['+8613812345678', '4002']);
    expect(known.session).toBe('ab30317f1a784dc48ff824d0d3715d86');
  });

  it('tells of a stream that came later, and of a participant that moves to it, in parts', () => {
    let known = follow(NOBODY, metadataOf(RFC));
    const third = `<stream stream_id="s3" session_id="cs1"><label>98</label></stream>${speaks('alice', 's3')}`;
    known = follow(known, metadataOf(doc(third, 'partial')));
    expect(partiesOn(known, ['98', '97']).map((party) => party?.number)).toEqual(['+8613812345678', '4001']);
    expect(partiesOn(known, ['96', '97'])[0]).toBeNull(); // she is heard there no more
    const gone =
      '<participantstreamassoc participant_id="alice"><disassociate-time>2026-01-01T00:02:00Z</disassociate-time><send>s3</send></participantstreamassoc>';
    known = follow(known, metadataOf(doc(gone, 'partial')));
    expect(partiesOn(known, ['98', '97']).map((party) => party?.number)).toEqual([undefined, '4001']);
  });

  it('is replaced by a complete document', () => {
    const known = follow(
      follow(NOBODY, metadataOf(RFC)),
      metadataOf(doc(`${who('x', 'sip:7@h')}${stream('s9', '96')}${speaks('x', 's9')}`)),
    );
    expect(partiesOn(known, ['96', '97']).map((party) => party?.number)).toEqual(['7', undefined]);
    expect([...known.participants.keys()]).toEqual(['x']);
  });

  it.each([
    ['sip:1000@192.0.2.1:5060;user=phone', '1000'],
    ['<sip:+8610@h>', '+8610'],
    ['tel:+86-10-1234;phone-context=x', '+86-10-1234'],
    ['SIPS:alice', 'alice'],
    ['  1000\r\n@h', '1000'],
    ['', ''],
  ])('takes the user out of %j', (aor, user) => {
    expect(userOf(aor)).toBe(user);
  });

  it.each([
    ['<html/>', 'not_metadata'],
    ['{"recording":1}', 'malformed'],
    ['<!DOCTYPE recording SYSTEM "file:///etc/passwd"><recording/>', 'not_allowed'],
    [doc(Array.from({ length: MAX_PARTICIPANTS + 1 }, (_, i) => who(`p${i}`, '')).join('')), 'too_many'],
  ])('refuses %#', (text, fault) => {
    expect(readMetadata(text)).toEqual({ ok: false, why: fault });
  });

  it('leaves out what has no id, and a session id that could not be written down', () => {
    const read = metadataOf(doc('<session session_id="a b"/><participant/><stream/><participantstreamassoc/>'));
    expect(read).toEqual({ isComplete: true, session: '', participants: [], streams: [], associations: [] });
  });

  it('stays bounded and never throws, whatever comes in whatever order', () => {
    const id = fc.nat({ max: 300 }).map(String);
    const inside = fc.oneof(
      fc.tuple(id, fc.string()).map(([one, aor]) => who(one, aor.replaceAll(/[<&"]/g, ''))),
      fc.tuple(id, id).map(([one, label]) => stream(one, label)),
      fc.tuple(id, id).map(([one, other]) => speaks(one, other)),
      fc.string(),
    );
    const documents = fc.array(fc.tuple(fc.array(inside, { maxLength: 40 }), fc.constantFrom('partial', 'complete', '')), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(documents, (all) => {
        let known = NOBODY;
        for (const [parts, mode] of all) {
          const read = readMetadata(doc(parts.join(''), mode));
          if (read.ok) known = follow(known, read.metadata);
        }
        expect(partiesOn(known, ['1', '2'])).toHaveLength(2);
        return [known.participants, known.labels, known.sends].every(({ size }) => size <= MAX_PARTICIPANTS);
      }),
    );
  });
});
