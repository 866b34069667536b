/** The table of voices, case by case and as laws over all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Scene, VOICES, whoHearsWhom } from './who-hears-whom.ts';

const scene = (more: Partial<Scene> = {}): Scene => ({ held: false, partner: 'none', supervisor: 'none', recordWhisper: true, ...more });
const anyScene = fc.record<Scene>({
  held: fc.boolean(),
  partner: fc.constantFrom('none', 'private', 'conference'),
  supervisor: fc.constantFrom('none', 'monitor', 'whisper', 'barge'),
  recordWhisper: fc.boolean(),
});
const listed = (given: Scene): object => ({ ...Object.fromEntries(whoHearsWhom(given).hears), music: whoHearsWhom(given).music });

describe('who hears whom', () => {
  it.each<[string, Partial<Scene>, object]>([
    ['a plain talk', {}, { caller: ['agent'], agent: ['caller'], music: [] }],
    ['hold', { held: true }, { music: ['caller'] }],
    ['consultation', { held: true, partner: 'private' }, { agent: ['partner'], partner: ['agent'], music: ['caller'] }],
    ['back with the caller, the consulted waits', { partner: 'private' }, { caller: ['agent'], agent: ['caller'], music: ['partner'] }],
    [
      'a conference',
      { partner: 'conference' },
      { caller: ['agent', 'partner'], agent: ['caller', 'partner'], partner: ['caller', 'agent'], music: [] },
    ],
    ['monitor', { supervisor: 'monitor' }, { caller: ['agent'], agent: ['caller'], supervisor: ['caller', 'agent'], music: [] }],
    [
      'whisper',
      { supervisor: 'whisper' },
      { caller: ['agent'], agent: ['caller', 'supervisor'], supervisor: ['caller', 'agent'], music: [] },
    ],
    [
      'barge-in',
      { supervisor: 'barge' },
      { caller: ['agent', 'supervisor'], agent: ['caller', 'supervisor'], supervisor: ['caller', 'agent'], music: [] },
    ],
  ])('in %s', (_, more, expected) => expect(listed(scene(more))).toEqual(expected));

  it('is never oneself, and no customer or colleague outside the talk hears a supervisor who did not barge in', () => {
    fc.assert(
      fc.property(anyScene, (given) => {
        const { hears, music } = whoHearsWhom(given);
        for (const voice of VOICES) expect(hears.get(voice) ?? []).not.toContain(voice);
        if (given.supervisor !== 'barge')
          for (const voice of ['caller', 'partner'] as const) expect(hears.get(voice) ?? []).not.toContain('supervisor');
        for (const voice of music) expect(hears.has(voice)).toBe(false);
        if (given.held) expect(hears.has('caller')).toBe(false);
      }),
    );
  });

  it('is recorded as the caller hears it; a whisper by policy, a monitor never', () => {
    fc.assert(
      fc.property(anyScene, (given) => {
        const { hears, recorded } = whoHearsWhom(given);
        const heard = hears.get('caller') ?? [];
        const whisper = given.supervisor === 'whisper' && given.recordWhisper && heard.length > 0 ? ['supervisor'] : [];
        expect(recorded).toEqual([...heard, ...whisper]);
        expect(recorded).not.toContain('caller');
      }),
    );
  });
});
