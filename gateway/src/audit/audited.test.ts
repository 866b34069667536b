import type { AuditEntry } from '@keepline/compliance/audit';
import { describe, expect, it } from 'vitest';
import { type ActContext, audited } from './audited.ts';

const context: ActContext = { who: 'agent1', role: 'agent', from: '10.0.0.7', object: 'rec-1', purpose: '', correlation: 'req-1' };

/** A log that keeps what happened in order and refuses the outcomes it is told to. */
function fakeLog(refuses: readonly string[] = []) {
  const steps: string[] = [];
  return {
    steps,
    async append(entry: AuditEntry): Promise<number> {
      if (refuses.includes(entry.outcome)) throw new Error('disk full');
      return steps.push(`${entry.act} ${entry.outcome} ${entry.correlation}`);
    },
  };
}
const acting = (log: ReturnType<typeof fakeLog>) => async (): Promise<string> => {
  log.steps.push('act');
  return 'audio';
};

describe('a sensitive act', () => {
  it('happens between its intent and its outcome, under one correlation', async () => {
    const log = fakeLog();
    await expect(audited(log, 'recording.export', context, acting(log))).resolves.toBe('audio');
    expect(log.steps).toEqual(['recording.export intent req-1', 'act', 'recording.export done req-1']);
  });

  it('does not happen when its intent cannot be recorded (law 4)', async () => {
    const log = fakeLog(['intent']);
    await expect(audited(log, 'recording.export', context, acting(log))).rejects.toThrow('disk full');
    expect(log.steps).toEqual([]);
  });

  it('that fails is recorded as failed, and its own error reaches the caller', async () => {
    const log = fakeLog();
    const run = (): Promise<never> => Promise.reject(new Error('no such file'));
    await expect(audited(log, 'recording.export', context, run)).rejects.toThrow('no such file');
    expect(log.steps).toEqual(['recording.export intent req-1', 'recording.export failed req-1']);
    await expect(audited(fakeLog(['failed']), 'recording.export', context, run)).rejects.toThrow('no such file');
  });

  it('gives out nothing when its outcome cannot be recorded', async () => {
    const log = fakeLog(['done']);
    await expect(audited(log, 'recording.export', context, acting(log))).rejects.toMatchObject({ code: 'AUDIT_OUTCOME_LOST' });
  });
});
