/** The recordings of the house for people: where they lie, and the number of the caller as it may be shown. */
import { join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { maskNumber } from '../agents/mask-number.ts';
import { RecordingArchive } from '../recording/archive.ts';
import { findCall } from '../store/tables/calls.ts';
import type { Ground } from './ground.ts';

/** @param ground whose store holds the calls; numbers lie sealed in it and leave here masked */
export function openArchive({ data, store, keys, audited }: Pick<Ground, 'data' | 'store' | 'keys' | 'audited'>): RecordingArchive {
  return new RecordingArchive({
    dir: join(data, 'recordings'),
    read: store.read,
    clock,
    keys,
    maskedCaller: async (callId) => maskNumber((await findCall(store.read, callId))?.callerNumber ?? ''),
    audited,
  });
}
