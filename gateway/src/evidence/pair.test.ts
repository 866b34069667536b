/** The pair as evidence: what its real door on the loopback address says, and what is said where there is no pair or nobody answers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { tempDir } from '@keepline/testkit/temp-dir';
import { expect, it } from 'vitest';
import { openOrders } from '../pair/orders-door.ts';
import type { PairStatus } from '../pair/pair-status.ts';
import { pairFacts } from './pair.ts';

const serving: PairStatus = {
  ...{ node: 'a', role: 'serving', term: 4, votes: { a: 2000, witness: 1900 }, fresh: true },
  ...{ copyAgeMs: 1240, takenAgoMs: null, data: 'own', servedLast: 'a' },
};

it('a daemon at work is asked; one that is gone, one without figures and a machine without a pair are three different things', async () => {
  const work = tempDir();
  const config = join(work.path, 'pair.yaml');
  expect(await pairFacts(config)).toEqual({ isSet: false, answer: null });
  writeFileSync(config, 'metricsPort: 0\n');
  await expect(pairFacts(config)).rejects.toThrow('no figures');
  const port = await freeTcpPort();
  writeFileSync(config, `metricsPort: ${port}\n`);
  expect(await pairFacts(config)).toEqual({ isSet: true, answer: null });
  let status = serving;
  const refuse = () => {};
  const door = await openOrders({ status: () => status, handOver: refuse, promote: refuse }, work.path, port);
  try {
    const answer = { node: 'a', serves: true, votes: 2, ready: true, copyAgeSeconds: 1.2 };
    expect(await pairFacts(config)).toEqual({ isSet: true, answer });
    status = { ...serving, fresh: false, copyAgeMs: null };
    expect(await pairFacts(config)).toEqual({ isSet: true, answer: { ...answer, ready: false, copyAgeSeconds: null } });
    status = { ...serving, node: 'b', role: 'standby', votes: {}, data: 'copy', copyAgeMs: null, takenAgoMs: 900 };
    expect(await pairFacts(config)).toEqual({
      isSet: true,
      answer: { node: 'b', serves: false, votes: 0, ready: true, copyAgeSeconds: 0.9 },
    });
  } finally {
    door.close();
    work.remove();
  }
});
