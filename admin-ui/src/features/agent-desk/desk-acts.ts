/** What the parts of the desk may cause; the session does it, tests pass a recorder. */
import type { Asked } from '../../server/live-socket.ts';

export interface DeskActs {
  ask(request: Asked): void;
  draft(disposition: string, note: string): void;
  troubleRead(): void;
  repairSound(): void;
  reconnectNow(): void;
}
