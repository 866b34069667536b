/** What an agent hears of a consultation that rings, beside others who may speak to it at the same time. */
import { newId } from '@keepline/contracts/ids';
import { expect, it } from 'vitest';
import type { Leg } from '../calls/leg.ts';
import type { OutsideProgress } from '../calls/outside-line.ts';
import { ConsultProgress } from './hear-progress.ts';

const legOf = (heard: string[], name: string): Leg => ({
  id: newId('leg', 0),
  kind: 'sip',
  audio: {
    async play([prompt]) {
      heard.push(`${name}: ${prompt}`);
      return 'stopped';
    },
    stopPlaying: () => void heard.push(`${name}: quiet`),
  },
  onDigit: () => () => {},
  onHold: () => () => {},
  ended: new Promise(() => {}),
  hangup: () => {},
});

it('is a ringing tone, then the sound of the far end, gives way to a supervisor, and ends with the ringing', () => {
  const heard: string[] = [];
  const [agent, far, supervisor] = ['agent', 'far', 'supervisor'].map((name) => legOf(heard, name));
  if (!agent || !far || !supervisor) return expect.unreachable();
  let tell: (progress: OutsideProgress) => void = () => {};
  let isWhispering = false;
  let routes: Array<readonly [Leg, Leg[]]> = [];
  const consult = new ConsultProgress(agent, () => {});
  const hear = (): void => {
    routes = isWhispering ? [[agent, [supervisor]]] : [];
    consult.addTo(routes);
  };
  consult.follow(
    {
      onProgress(listener) {
        tell = listener;
        return () => (tell = () => {});
      },
    },
    hear,
  );
  tell({ is: 'ringing' });
  tell({ is: 'ringing' });
  expect([heard.splice(0), routes]).toEqual([['agent: ringback'], []]);
  isWhispering = true;
  hear();
  expect([heard.splice(0), routes]).toEqual([['agent: quiet'], [[agent, [supervisor]]]]);
  isWhispering = false;
  hear();
  tell({ is: 'early', leg: far });
  expect([heard.splice(0), routes]).toEqual([['agent: ringback', 'agent: quiet'], [[agent, [far]]]]);
  consult.end();
  expect([heard, routes]).toEqual([[], []]);
  hear();
  expect(routes).toEqual([]);
});
