/** What the daemon of a pair says: its figures for Prometheus on the loopback address, which need no secret and which monitoring sees as well. */
import { readFile } from 'node:fs/promises';
import type { PairFact } from '@keepline/compliance/mlps-facts';
import { messageOf } from '@keepline/contracts/errors';
import { parse } from 'yaml';

/** As the daemon does: where it is told about, and its port when it is not told another. */
const CONFIG = '/etc/keepline/pair.yaml';
const METRICS_PORT = 7901;
const ASKED_MS = 3000;

/** @param config file of the pair @throws Error when the daemon keeps no figures (`metricsPort: 0`) or says something else */
export async function pairFacts(config = CONFIG): Promise<PairFact> {
  const text = await readFile(config, 'utf8').catch((fault: unknown) => {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined;
    throw new Error(`${config}: ${messageOf(fault)}`, { cause: fault });
  });
  if (text === undefined) return { isSet: false, answer: null };
  const settings: unknown = parse(text);
  const wanted = typeof settings === 'object' && settings !== null && 'metricsPort' in settings ? settings.metricsPort : METRICS_PORT;
  if (typeof wanted !== 'number' || wanted === 0) throw new Error('metricsPort of pair.yaml is 0: the daemon tells no figures');
  const said = await fetch(`http://127.0.0.1:${wanted}/metrics`, { signal: AbortSignal.timeout(ASKED_MS) })
    .then((reply) => reply.text())
    .catch(() => undefined);
  return { isSet: true, answer: said === undefined ? null : answerIn(said) };
}

/** @param text Prometheus text format 0.0.4 @throws Error that names the figure that is missing; pure */
export function answerIn(text: string): NonNullable<PairFact['answer']> {
  const figure = (name: string): { readonly node: string; readonly value: number } => {
    const [, node = '', value = ''] = new RegExp(`^${name}\\{node="([ab])"\\} (-?[0-9.e+-]+)$`, 'm').exec(text) ?? [];
    if (node === '') throw new Error(`the pair daemon tells no ${name}`);
    return { node, value: Number(value) };
  };
  const { node, value: serving } = figure('keepline_pair_serving');
  const age = figure('keepline_pair_copy_age_seconds').value;
  return {
    node,
    serves: serving === 1,
    votes: figure('keepline_pair_votes').value,
    ready: figure('keepline_pair_ready').value === 1,
    copyAgeSeconds: age < 0 ? null : Math.round(age * 10) / 10,
  };
}
