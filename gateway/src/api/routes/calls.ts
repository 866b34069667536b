/** What an agent may read of its own call: the card as on the desk, and why routing chose so. */
import { isId } from '@keepline/contracts/ids';
import { Type } from 'typebox';
import { callsByAgent } from '../../agents/desk-calls.ts';
import { deskCall } from '../../agents/desk-view.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { DecisionUnknown } from '../errors.ts';
import { sessionOf, type TypedDoor } from '../typed-door.ts';

const CallReply = Type.Object({
  callId: Type.String(),
  state: Type.String(),
  callerNumber: Type.String({ description: 'Masked.' }),
  callerName: Type.String(),
  queue: Type.String(),
  skill: Type.String(),
  waitMs: Type.Number(),
  path: Type.Array(Type.String()),
  routedBecause: Type.Union([
    Type.Null(),
    Type.Object({
      how: Type.String(),
      skill: Type.String(),
      advice: Type.String(),
      reason: Type.Union([Type.Null(), Type.Object({ zh: Type.String(), en: Type.String() })]),
    }),
  ]),
  muted: Type.Boolean(),
  recording: Type.Boolean(),
  pausedUntilMs: Type.Number(),
  pauseRanOut: Type.Boolean(),
  ringingSinceMs: Type.Number(),
  connectedSinceMs: Type.Number(),
  endedAtMs: Type.Number(),
  wrapUpUntilMs: Type.Number(),
});

export function callRoutes(app: TypedDoor, parts: ApiParts): void {
  app.get(
    '/api/calls',
    {
      config: { sensitive: false, access: { permission: 'desk.work' } },
      schema: {
        summary: 'The call you are offered, talk on or wrap up; no other.',
        response: { 200: Type.Array(CallReply), 401: ErrorReply },
      },
    },
    async (request) => {
      const { userId } = sessionOf(request);
      const facts = callsByAgent(parts.calls).get(userId);
      const agent = { id: userId, name: userId };
      // Who else is in the call is for the desk to show, which knows their names.
      const card = facts && deskCall(facts, { agent, nameOf: (agentId) => agentId, announce: false });
      return card ? [{ ...card, path: [...card.path] }] : [];
    },
  );

  app.get(
    '/api/calls/:callId/decision',
    {
      config: { sensitive: false, access: { permission: 'desk.work' } },
      schema: {
        summary: 'Why this call was given to you: inputs, ranking, advice, outcome. 404 for calls that were not.',
        params: Type.Object({ callId: Type.String({ maxLength: 48 }) }),
        response: { 200: Type.Unknown(), 401: ErrorReply, 404: ErrorReply },
      },
    },
    async (request) => {
      const { callId } = request.params;
      const trace = isId('call', callId) ? await parts.decision(callId, sessionOf(request).userId) : undefined;
      if (trace === undefined) throw new DecisionUnknown();
      return trace;
    },
  );
}
