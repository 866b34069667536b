/** Every family of tables in `main.db`, in the order they are made: what refers to a table stands below it. */
import type { TableFamily } from '../migrations.ts';
import { alarmTables } from './alarms.ts';
import { callbackTables } from './callbacks.ts';
import { callTables } from './calls.ts';
import { downlinkTables } from './downlink.ts';
import { eventTables } from './events.ts';
import { flowTables } from './flows.ts';
import { identityTables } from './identity.ts';
import { recordingTables } from './recordings.ts';
import { registrationTables } from './registrations.ts';
import { retentionTables } from './retention.ts';

export const allTables: readonly TableFamily[] = [
  eventTables,
  callTables,
  flowTables,
  recordingTables,
  identityTables,
  registrationTables,
  retentionTables,
  downlinkTables,
  alarmTables,
  callbackTables,
];
