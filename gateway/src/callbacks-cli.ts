/**
 * `./keepline callbacks list | cancel ID`: the calls that are owed to customers, from the console, beside a running gateway or without one. Numbers are
 * masked; both acts are audited as done by the user of the system. A running gateway asks the database before it rings anybody.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CallbackView } from '@keepline/contracts/callbacks';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { maskNumber } from './agents/mask-number.ts';
import { CallbackUnknown } from './callback/errors.ts';
import { EventLog } from './events/event-log.ts';
import { type Console, openConsole } from './retention/console.ts';
import { closeCallback, owedCallbacks } from './store/tables/callbacks.ts';

const USAGE = `usage: ./keepline callbacks list [--json]
       ./keepline callbacks cancel ID --reason TEXT [--json]
       each with [--data DIR] [--site FILE]

  list    calls that are owed, by their place; numbers masked
  cancel  takes one off the list; a call that has begun goes on`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));

async function list(office: Console): Promise<CallbackView[]> {
  const owed = await office.audited('callback.list', 'callbacks', '', () => owedCallbacks(office.store.read));
  return owed.map(({ id, kind, queue, skill, agentId, number, note, madeAtMs, dueAtMs, tries, state }) => ({
    ...{ id, kind, queue, skill, agentId, note, madeAtMs, dueAtMs, tries },
    number: maskNumber(number),
    isCalling: state === 'calling',
  }));
}

/** @throws CallbackUnknown */
async function cancel({ store, audited }: Console, id: string, reason: string): Promise<void> {
  const events = new EventLog({ store, clock });
  await audited('callback.cancel', id, reason, async () => {
    const one = (await owedCallbacks(store.read)).find((owed) => owed.id === id);
    const isClosed =
      one !== undefined &&
      (await store.write(async (tx) => {
        if (!(await closeCallback(tx, one.id, 'cancelled', clock.now()))) return false;
        const { id: callbackId, callId, queue, tries } = one;
        await events.append(tx, 'callback.closed', { callId, callbackId, queue, outcome: 'cancelled', tries });
        return true;
      }));
    if (!isClosed) throw new CallbackUnknown(id);
  });
}

function tell(owed: readonly CallbackView[]): void {
  for (const { id, kind, queue, number, dueAtMs, tries, isCalling } of owed) {
    const due = new Date(dueAtMs).toISOString().slice(0, 16).replace('T', ' ');
    console.log(`${id}  ${due} UTC  ${kind.padEnd(10)}${queue.padEnd(16)}${number}  tries ${tries}${isCalling ? '  now' : ''}`);
  }
  console.log(`${owed.length} owed`);
}

async function main(): Promise<number> {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: text, site: text, reason: text, json: flag, help: flag },
  });
  const [verb, id = '', ...more] = positionals;
  const isWhole = more.length === 0 && ((verb === 'list' && id === '') || (verb === 'cancel' && id !== '' && values.reason !== ''));
  if (values.help || !isWhole) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const office = await openConsole(values.data === '' ? ROOT_DATA : resolve(values.data), values.site === '' ? undefined : values.site);
  try {
    if (verb === 'list') {
      const owed = await list(office);
      if (values.json) console.log(JSON.stringify(owed));
      else tell(owed);
      return 0;
    }
    await cancel(office, id, values.reason);
    console.log(values.json ? JSON.stringify({ cancelled: id }) : `${id}: cancelled`);
  } finally {
    await office.close();
  }
  return 0;
}

await endWith(main, USAGE);
