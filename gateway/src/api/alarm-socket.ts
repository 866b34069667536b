/**
 * `GET /ws/alarms`: pushes each alarm and each end of one as it becomes durable, to people who may see them; the list itself is `GET
 * /api/alarms`. Nothing is read from it. It neither keeps a session alive nor outlives it.
 */
import type { AlarmPush } from '@keepline/contracts/alarms';
import type { WebSocket } from 'ws';
import type { Session } from '../identity/sessions.ts';
import type { ApiParts } from './api-parts.ts';
import { sessionOf, type TypedDoor } from './typed-door.ts';

/** Sockets of one session: tabs of one browser. */
const PER_SESSION_MAX = 4;
/** A page that reads nothing is cut before it costs memory. */
const UNREAD_MAX_BYTES = 262_144;
const EVERY_MS = 30_000;

export function alarmSocket(app: TypedDoor, parts: Pick<ApiParts, 'alarms' | 'identity' | 'clock'>): void {
  const { alarms, identity, clock } = parts;
  const open = new Map<Session, Set<WebSocket>>();
  const stops = [
    alarms.subscribe(({ is, alarm }) => {
      const push: AlarmPush = { is, number: alarm.number, code: alarm.code, severity: alarm.severity };
      const text = JSON.stringify(push);
      for (const sockets of open.values()) for (const socket of sockets) send(socket, text);
    }),
    identity.sessions.onEnd((session) => {
      for (const socket of open.get(session) ?? []) socket.close(4001, 'the session is over');
    }),
    clock.every(EVERY_MS, () => {
      for (const sockets of open.values()) for (const socket of sockets) socket.ping();
    }),
  ];
  app.addHook('onClose', async () => {
    for (const stop of stops) stop();
  });

  app.get('/ws/alarms', { websocket: true, config: { sensitive: false, access: { permission: 'alarms.read' } } }, (socket, request) => {
    const session = sessionOf(request);
    const sockets = open.get(session) ?? new Set<WebSocket>();
    if (sockets.size >= PER_SESSION_MAX) return socket.close(1013, 'too many pages of one session');
    open.set(session, sockets.add(socket));
    socket.on('error', () => socket.terminate());
    socket.on('message', () => socket.close(1008, 'nothing is asked here'));
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) open.delete(session);
    });
  });
}

function send(socket: WebSocket, text: string): void {
  if (socket.bufferedAmount > UNREAD_MAX_BYTES) socket.terminate();
  else socket.send(text);
}
