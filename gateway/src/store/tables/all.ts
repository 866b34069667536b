/** Every family of tables in `main.db`, in the order they are made: what refers to a table stands below it. */
import type { TableFamily } from '../migrations.ts';
import { agentTables } from './agents.ts';
import { callTables } from './calls.ts';
import { eventTables } from './events.ts';
import { flowTables } from './flows.ts';
import { recordingTables } from './recordings.ts';

export const allTables: readonly TableFamily[] = [eventTables, callTables, flowTables, recordingTables, agentTables];
