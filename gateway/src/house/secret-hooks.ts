/** The hooks of the site that take secrets, ready to be asked: authorities read at start, each act audited before anything is handed over. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { House } from '../journeys/house.ts';
import { askHook } from '../ivr/secret-hook.ts';
import type { Ground } from './ground.ts';

/** @throws Error when an authority cannot be read */
export function secretHooks({ site, data, audited, onFault }: Ground): House['handSecret'] {
  const hooks = new Map(
    site.secretHooks.map((hook) => {
      const authority = hook.caFile === '' ? undefined : readFileSync(isAbsolute(hook.caFile) ? hook.caFile : join(data, hook.caFile));
      return [hook.name, { hook, authority }] as const;
    }),
  );
  return async (callId, { node, hook: name, keyed }) => {
    const found = hooks.get(name);
    if (!found) return 'unavailable'; // the flow of before asks for a hook that is gone
    const act = { who: 'gateway', role: 'system', from: 'local', object: callId, purpose: `flow node ${node}, hook ${name}` };
    try {
      return await audited('secret.collect', act, () => askHook(found.hook, found.authority, { callId, node, digits: keyed }));
    } catch (fault) {
      onFault(fault);
      return 'unavailable';
    }
  };
}
