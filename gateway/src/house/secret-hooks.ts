/** The hooks of the site that take secrets, ready to be asked: authorities read at start, each act audited before anything is handed over. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { House } from '../journeys/house.ts';
import { SecretHookAuthorityUnreadable } from '../ivr/errors.ts';
import { askHook } from '../ivr/secret-hook.ts';
import type { Ground } from './ground.ts';

/** @throws SecretHookAuthorityUnreadable before any door opens */
export function secretHooks({ site, data, audited, onFault }: Pick<Ground, 'site' | 'data' | 'audited' | 'onFault'>): House['handSecret'] {
  const hooks = new Map(
    site.secretHooks.map((hook) => {
      return [hook.name, { hook, authority: authorityOf(hook, data) }] as const;
    }),
  );
  return async (callId, { node, hook: name, keyed }) => {
    const found = hooks.get(name);
    if (!found) return 'unavailable'; // the flow of before asks for a hook that is gone
    const act = { who: 'gateway', role: 'system', from: 'local', object: callId, purpose: `keyed at ${node}, hook ${name}` };
    try {
      return await audited('secret.collect', act, () => askHook(found.hook, found.authority, { callId, node, digits: keyed }));
    } catch (fault) {
      onFault(fault);
      return 'unavailable';
    }
  };
}

/** Those an agent may ask for in a talk. */
export const deskSecrets = ({ secretHooks: hooks }: Pick<Ground['site'], 'secretHooks'>) =>
  hooks
    .filter(({ deskMinDigits }) => deskMinDigits > 0)
    .map(({ name, deskMinDigits, deskMaxDigits, zh, en }) => ({
      ...{ name, minDigits: deskMinDigits, maxDigits: Math.max(deskMinDigits, deskMaxDigits), zh, en },
    }));

function authorityOf({ name, caFile }: Ground['site']['secretHooks'][number], data: string): Buffer | undefined {
  if (caFile === '') return undefined;
  const path = isAbsolute(caFile) ? caFile : join(data, caFile);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SecretHookAuthorityUnreadable(name, path, cause);
  }
}
