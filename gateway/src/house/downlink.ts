/** What the cloud proposed and the site approved, in the running gateway: routing and new calls follow it, the policy applies what it may. */
import { join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { pinnedKeys } from '@keepline/contracts/downlink';
import type { Flow } from '@keepline/contracts/flow';
import { InForce } from '../downlink/in-force.ts';
import { applyByPolicy } from '../downlink/policy.ts';
import type { Roster } from '../routing/roster.ts';
import type { Ground } from './ground.ts';
import type { Voice } from './voice.ts';

export interface DownlinkOffice {
  /** The flow for new calls. */
  flow(): Flow;
  close(): void;
}

export async function followDownlink(
  { site, data, store, log, audited, onFault }: Ground,
  voice: Pick<Voice, 'flow' | 'siteFlow' | 'prompts'>,
  roster: Roster,
): Promise<DownlinkOffice> {
  const { flow: started, siteFlow, prompts } = voice;
  const inForce = new InForce({ store, clock, site, started, siteFlow, prompts, roster, log, onFault });
  await inForce.look();
  const endPolicy = applyByPolicy({
    store,
    clock,
    site,
    keys: pinnedKeys(site.downlink.keys),
    kinds: site.downlink.autoApply,
    socketPath: join(data, 'run/cloud-sync.sock'),
    audited: (act, object, run) =>
      audited(act, { who: 'gateway', role: 'system', from: 'local', object, purpose: 'downlink.autoApply' }, run),
    onFault,
  });
  return {
    flow: () => inForce.flow(),
    close() {
      endPolicy();
      inForce.close();
    },
  };
}
