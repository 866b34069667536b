/** Suggestions of the cloud for the call an agent has: offered by the site's setting, asked for by the agent, never applied by themselves. */
import { DESK_SERVICES, DeskQuestion, DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import { Type } from 'typebox';
import { callsByAgent } from '../../agents/desk-calls.ts';
import { CallNotFound } from '../../calls/errors.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionOf, type TypedDoor } from '../typed-door.ts';

const desk = { sensitive: false, access: { permission: 'desk.work' } } as const;

export function suggestionRoutes(app: TypedDoor, parts: Pick<ApiParts, 'suggestions' | 'calls'>): void {
  app.get(
    '/api/desk/services',
    {
      config: desk,
      schema: {
        summary: 'AI services of the cloud that this site lets its desks ask.',
        response: { 200: Type.Object({ services: Type.Array(Type.Enum([...DESK_SERVICES])) }), 401: ErrorReply },
      },
    },
    () => ({ services: [...parts.suggestions.offered] }),
  );

  app.post(
    '/api/desk/suggestions',
    {
      config: desk,
      schema: {
        summary: 'A suggestion of the cloud about a text of your own call; personal data is taken out before it leaves the site.',
        body: DeskQuestion,
        response: { 200: DeskSuggestion, 401: ErrorReply, 404: ErrorReply },
      },
    },
    async (request) => {
      const { callId, service, text } = request.body;
      const call = callsByAgent(parts.calls).get(sessionOf(request).userId);
      if (call?.callId !== callId) throw new CallNotFound(callId);
      return await parts.suggestions.ask(call, service, text);
    },
  );
}
