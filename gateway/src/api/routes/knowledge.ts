/** What an agent may search while talking: the knowledge snapshot in force. */
import { Type } from 'typebox';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import type { TypedDoor } from '../typed-door.ts';

const FOUND_MAX = 20;
const FoundReply = Type.Object({ id: Type.String(), title: Type.String(), excerpt: Type.String(), language: Type.String() });

export function knowledgeRoutes(app: TypedDoor, parts: Pick<ApiParts, 'knowledge'>): void {
  app.get(
    '/api/knowledge',
    {
      config: { sensitive: false, access: { permission: 'desk.work' } },
      schema: {
        summary: 'Articles of the knowledge in force that hold every word asked for, best first.',
        querystring: Type.Object({ q: Type.String({ minLength: 1, maxLength: 100 }) }),
        response: { 200: Type.Array(FoundReply), 401: ErrorReply },
      },
    },
    async (request) => [...(await parts.knowledge(request.query.q, FOUND_MAX))],
  );
}
