/** `GET /ws/agent`: the socket of the desk. Session and origin were checked before the upgrade; the rest is `agents/agent-desks`. */
import type { ApiParts } from './api-parts.ts';
import type { TypedDoor } from './typed-door.ts';
import { sessionOf } from './typed-door.ts';

export function agentSocket(app: TypedDoor, parts: ApiParts): void {
  app.get('/ws/agent', { websocket: true, config: { sensitive: false, access: { permission: 'desk.work' } } }, (socket, request) => {
    parts.desks.connect(sessionOf(request), socket);
  });
}
