/** A bounded, repeatable part of `scripts/fuzz-sip.ts`: whatever arrives, nothing is thrown, everything said is sound, nothing is left. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FuzzSession } from '../../fixtures/sip/fuzz/fuzz-session.ts';
import { makeMessage } from '../../fixtures/sip/fuzz/message-maker.ts';
import { SeededRandom } from '../../fixtures/sip/fuzz/seeded-random.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/sip/torture');
const corpus = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.dat') ? [readFileSync(join(FOLDER, file))] : []));

describe('the SIP stack under fuzz', () => {
  it('gets the same inputs for the same seed, and others for another', () => {
    const inputs = (seed: number): string[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 50 }, () => makeMessage(random, { tags: [], requests: [], rseqs: [] }, corpus).toString('latin1'));
    };
    expect(inputs(7)).toEqual(inputs(7));
    expect(inputs(8)).not.toEqual(inputs(7));
  });

  // The last one left a transaction behind once.
  it.each([1, 2, 3, 4, 5, 115_910_690])('keeps its promises with seed %i', async (seed) => {
    const session = new FuzzSession(new SeededRandom(seed), corpus);
    for (let i = 0; i < (seed > 5 ? 2000 : 1500); i++) {
      session.step();
      if (i % 50 === 0) await setImmediate();
    }
    expect(() => session.end()).not.toThrow();
  });
});
