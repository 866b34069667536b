/** `/ws/alarms`: tells that the list of alarms has changed, and comes back by itself. What has changed is read by HTTP. */
import { reconnectDelayMs } from './reconnect-delay.ts';

/** Calls back after every connect and every push, until it is ended. */
export function followAlarms(onChange: () => void): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let ended = false;
  const connect = (): void => {
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws/alarms`);
    socket.addEventListener('open', () => {
      attempt = 0;
      onChange();
    });
    socket.addEventListener('message', onChange);
    socket.addEventListener('close', () => {
      if (!ended) timer = setTimeout(connect, reconnectDelayMs((attempt += 1), Math.random()));
    });
  };
  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.close();
  };
}
