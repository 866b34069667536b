/**
 * Recordings for people: search, listen, give out. Listening begins with a ticket, whose issue is the audited act with its purpose; the parts
 * of the audio that a player then asks for belong to that entry. Numbers of callers come masked.
 */
import { Readable } from 'node:stream';
import { isId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import type { RecordingArchive, ShownRow } from '../../recording/archive.ts';
import { wantedBytes } from '../../recording/byte-range.ts';
import { RecordingNotFound } from '../../recording/errors.ts';
import { slice } from '../../recording/playback.ts';
import type { Approvals } from '../../identity/approvals.ts';
import { ErrorReply } from '../error-reply.ts';
import { actorOf, type TypedDoor } from '../typed-door.ts';
import { ApprovalId } from './approvals.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 503: ErrorReply };
const id = Type.Object({ id: Type.String({ maxLength: 48 }) });
const ticket = Type.Object({ ticket: Type.String({ minLength: 1, maxLength: 64 }) });
/** Asked for in words, so that a reviewer of the audit log understands the act years later. */
const purpose = Type.String({ minLength: 3, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });
const nullable = <T extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.String>>(type: T) => Type.Union([type, Type.Null()]);
const facts = {
  id: Type.String(),
  callId: Type.String(),
  agent: Type.String(),
  queue: Type.String(),
  callerNumber: Type.String({ description: 'Masked.' }),
  openedAtMs: Type.Number(),
  state: Type.String({ description: 'open, complete, interrupted or failed.' }),
  durationMs: nullable(Type.Number()),
  bytes: nullable(Type.Number()),
  sha256: nullable(Type.String()),
  why: nullable(Type.String()),
  source: Type.String({ description: 'own, or siprec for a call that another exchange forked here; `trunk` says which.' }),
  trunk: Type.String(),
  sourceSession: nullable(Type.String({ description: 'Under which that exchange knows the call.' })),
};
const Pause = Type.Object({
  fromMs: Type.Number({ description: 'Since the start of the recording.' }),
  toMs: nullable(Type.Number()),
  by: Type.String(),
  resumedBy: nullable(Type.String()),
});

export function recordingRoutes(
  app: TypedDoor,
  { recordings }: { readonly recordings: RecordingArchive },
  approvals: Pick<Approvals, 'perform'>,
): void {
  app.get(
    '/api/recordings',
    {
      config: { sensitive: 'recording.list', access: { permission: 'recording.read' } },
      schema: {
        summary: 'Recordings, newest first; `after` is the last id of the page before.',
        querystring: Type.Object(
          {
            agent: Type.Optional(Type.String({ maxLength: 48 })),
            queue: Type.Optional(Type.String({ maxLength: 64 })),
            call: Type.Optional(Type.String({ maxLength: 48 })),
            // no coercion at this door: a query is text
            from: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'Wall time, ms since 1970.' })),
            until: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
            after: Type.Optional(Type.String({ maxLength: 48 })),
            limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,3}$' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Array(Type.Object(facts)), ...refusals },
      },
    },
    async (request) => {
      const { from, until, limit, ...words } = request.query;
      const rows = await recordings.search(actorOf(request), {
        ...words,
        ...(from === undefined ? {} : { fromMs: Number(from) }),
        ...(until === undefined ? {} : { untilMs: Number(until) }),
        ...(limit === undefined ? {} : { limit: Number(limit) }),
      });
      return rows.map(shown);
    },
  );

  app.get(
    '/api/recordings/:id',
    {
      config: { sensitive: 'recording.list', access: { permission: 'recording.read' } },
      schema: {
        summary: 'One recording, with the times in which it was silenced.',
        params: id,
        response: { 200: Type.Object({ ...facts, pauses: Type.Array(Pause) }), ...refusals },
      },
    },
    async (request) => {
      const row = await recordings.find(actorOf(request), known(request.params.id));
      return { ...shown(row), pauses: [...row.pauses] };
    },
  );

  app.post(
    '/api/recordings/:id/play',
    {
      config: { sensitive: 'recording.play', access: { permission: 'recording.play' } },
      schema: {
        summary: 'Opens a recording for listening; the ticket is yours alone and ends after 15 minutes without a request.',
        params: id,
        body: Type.Object({ purpose }, { additionalProperties: false }),
        response: {
          201: Type.Object({ ticket: Type.String(), endsAtMs: Type.Number(), size: Type.Number(), durationMs: Type.Number() }),
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const play = await recordings.openPlay(actorOf(request), known(request.params.id), request.body.purpose);
      const { size, samples } = play.source;
      return reply.code(201).send({ ticket: play.ticket, endsAtMs: play.endsAtMs, size, durationMs: samples / 8 });
    },
  );

  app.get(
    '/api/recordings/:id/audio',
    {
      // the act was audited when the ticket was issued; a player asks for hundreds of parts
      config: { sensitive: false, access: { permission: 'recording.play' } },
      schema: { summary: 'The WAV or, by the Range header, a part of it.', params: id, querystring: ticket },
    },
    async (request, reply) => {
      const { source } = recordings.playing(actorOf(request), request.params.id, request.query.ticket);
      const wanted = wantedBytes(request.headers.range, source.size);
      void reply.header('accept-ranges', 'bytes').type('audio/wav');
      if (wanted.of === 'none') return reply.code(416).header('content-range', `bytes */${source.size}`).send();
      const [start, end] = wanted.of === 'part' ? [wanted.start, wanted.end] : [0, source.size];
      if (wanted.of === 'part') void reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${source.size}`);
      return reply.header('content-length', end - start).send(Readable.from(slice(source, start, end), { objectMode: false }));
    },
  );

  app.get(
    '/api/recordings/:id/peaks',
    {
      config: { sensitive: false, access: { permission: 'recording.play' } }, // as above
      schema: {
        summary: 'The waveform: loudest sample per bucket and channel, 0 to 255, as base64.',
        params: id,
        querystring: ticket,
        response: { 200: Type.Object({ bucketMs: Type.Number(), caller: Type.String(), agent: Type.String() }), ...refusals },
      },
    },
    async (request) => {
      const { bucketSamples, left, right } = await recordings.peaks(actorOf(request), request.params.id, request.query.ticket);
      const text = (channel: Uint8Array): string => Buffer.from(channel).toString('base64');
      return { bucketMs: bucketSamples / 8, caller: text(left), agent: text(right) };
    },
  );

  app.post(
    '/api/recordings/:id/export',
    {
      config: { sensitive: 'recording.export', access: { permission: 'recording.export' } },
      schema: {
        summary: 'The recording as a WAV with its certificate, or as the encrypted age file; needs an approval where the site says so.',
        params: id,
        body: Type.Object(
          { purpose, as: Type.Union([Type.Literal('wav'), Type.Literal('age')]), approval: ApprovalId },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const { purpose: why, as, approval } = request.body;
      const object = known(request.params.id);
      const actor = actorOf(request);
      const bound = { act: 'recording.export', object, params: { as } } as const;
      const file = await approvals.perform(actor, bound, approval, () => recordings.export(actor, object, why, as));
      reply.raw.once('close', () => void file.close());
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${file.fileName}"`)
        .header('content-length', file.size)
        .send(Readable.from(file.bytes(), { objectMode: false }));
    },
  );
}

/** What is no id of ours is not there, and reaches neither audit log nor database. @throws RecordingNotFound */
function known(text: string): string {
  if (!isId('rec', text)) throw new RecordingNotFound('');
  return text;
}

function shown(row: ShownRow) {
  const { id: recordingId, callId, agentId: agent, queue, openedAtMs, state, durationMs, bytes, sha256, why } = row;
  return {
    id: recordingId,
    callId,
    agent,
    queue,
    callerNumber: row.callerNumber,
    openedAtMs,
    state,
    durationMs,
    bytes,
    sha256,
    why,
    source: row.source,
    trunk: row.trunk,
    sourceSession: row.sourceSession,
  };
}
