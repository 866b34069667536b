/**
 * `./keepline pair run | witness` are the daemons of a pair, `status | failback | promote` talk to the one of this machine over its socket, `key`
 * makes a secret for two of the machines.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { consoleActor, openSiteConsole } from '@keepline/compliance/console';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import { openOrders, order } from './pair/orders-door.ts';
import { type PairConfig, readPairConfig } from './pair/pair-config.ts';
import { isWell, type PairStatus, statusText } from './pair/pair-status.ts';
import { Pair } from './pair/run-pair.ts';
import { openWitness } from './pair/vote-box.ts';

const USAGE = `usage: ./keepline pair run --config FILE -- COMMAND [...]
       ./keepline pair witness --config FILE
       ./keepline pair status [--config FILE] [--json]
       ./keepline pair failback [--purpose TEXT] [--config FILE] [--json]
       ./keepline pair promote --accept-loss | --other-is-off [--purpose TEXT] [--config FILE]
       ./keepline pair key

  run             stands by and serves; COMMAND is the site, which stays in the foreground
  failback        the appliance that serves drains its calls and hands over to its peer
  promote         takes over with a copy that is behind (--accept-loss), or without any second vote because you
                  switched the other one off and nobody switches it on (--other-is-off); docs/runbook/split-pair.md
  --purpose TEXT  why, for the audit log
  --config FILE   /etc/keepline/pair.yaml by default`;
const CONFIG = '/etc/keepline/pair.yaml';
const VERBS = ['run', 'witness', 'status', 'failback', 'promote'];

const say = (event: string, details: object): void =>
  console.error(JSON.stringify({ time: new Date(clock.now()).toISOString(), pair: event, ...details }));

async function runNode(config: PairConfig, command: readonly string[]): Promise<number> {
  if (command.length === 0) throw new Error('COMMAND is missing');
  const pair = await Pair.open(config, command, clock, say);
  const doors = await openOrders(pair, config.work, config.metricsPort);
  await ended();
  await pair.close();
  doors.close();
  return 0;
}

const ended = (): Promise<void> => new Promise((resolve) => process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve()));

async function runWitness(config: PairConfig): Promise<number> {
  const witness = await openWitness(config, clock);
  say('witness', { lease: config.timing.leaseMs });
  await ended();
  await witness.close();
  return 0;
}

/** The log of the site that is served here has the order before it is given. */
async function failback({ work, data }: PairConfig, purpose: string): Promise<PairStatus> {
  const { role, node } = await order(work, 'status');
  const by = { ...consoleActor(), purpose };
  if (role === 'standby') return order(work, 'failback', by); // is refused, and says why
  const { audited, close } = await openSiteConsole(data);
  try {
    return await audited('pair.failback', `pair:${node}`, purpose, () => order(work, 'failback', by));
  } finally {
    await close();
  }
}

function shown(status: PairStatus, json: boolean): number {
  console.log(json ? JSON.stringify(status) : statusText(status));
  return isWell(status) ? 0 : 1;
}

await endWith(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string', default: CONFIG },
      purpose: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      'accept-loss': { type: 'boolean', default: false },
      'other-is-off': { type: 'boolean', default: false },
    },
  });
  const [verb = '', ...command] = positionals;
  if (verb === 'key') {
    console.log(randomBytes(32).toString('base64'));
    return 0;
  }
  if (!VERBS.includes(verb)) throw new Error(`pair has no verb ${verb}`);
  const config = readPairConfig(values.config);
  if (verb === 'run') return runNode(config, command);
  if (verb === 'witness') return runWitness(config);
  if (verb === 'status') return shown(await order(config.work, 'status'), values.json);
  if (verb === 'failback') {
    shown(await failback(config, values.purpose), values.json);
    return 0;
  }
  if (!values['accept-loss'] && !values['other-is-off'])
    throw new KeeplineError('PAIR_PROMOTE_UNANSWERED', 'promote needs somebody who answers for it', {
      hint: 'Read docs/runbook/split-pair.md, then say --accept-loss or --other-is-off.',
    });
  // Stands by, so it has no log of its own: the daemon keeps the order until it serves.
  await order(config.work, values['other-is-off'] ? 'promote-alone' : 'promote', { ...consoleActor(), purpose: values.purpose });
  console.log('ordered; ./keepline pair status shows what becomes of it');
  return 0;
}, USAGE);
