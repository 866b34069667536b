/** What may leave the site, to be read: the policy in force, those before it, what it refused. Changing it is an act at the console. */
import { PolicyView } from '@keepline/contracts/workbench';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import type { TypedDoor } from '../typed-door.ts';

export function anonymisationRoutes(app: TypedDoor, { workbench }: Pick<ApiParts, 'workbench'>): void {
  app.get(
    '/api/anonymisation',
    {
      config: { sensitive: false, access: { permission: 'cloud.read' } },
      schema: {
        summary: 'The anonymisation policy in force, field by field, its history, and what it refused.',
        response: { 200: PolicyView, 401: ErrorReply, 403: ErrorReply, 409: ErrorReply },
      },
    },
    async () => workbench.policy(),
  );
}
