/**
 * For the operator, after STREAM_LAST_UNKNOWN or STREAM_WENT_BACK: accepts the end of the stream as it is, so that the relay sends what waits after
 * it. Nothing is sent again, so what the stream has lost stays lost in the cloud; docs/runbook/link-down.md says when that is right.
 */
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { Delivery } from './outbox/delivery.ts';

const USAGE = 'usage: node cloud-sync/src/accept-stream-end.ts --outbox FILE --stream-seq NUMBER';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { outbox: { type: 'string' }, 'stream-seq': { type: 'string' } } });
  const streamSeq = Number(values['stream-seq']);
  if (values.outbox === undefined || !Number.isSafeInteger(streamSeq) || streamSeq < 1) {
    throw new KeeplineError('ARGUMENT_MISSING', '--outbox and --stream-seq (a whole number from 1) are needed', { hint: USAGE });
  }
  const delivery = await Delivery.open(values.outbox);
  await delivery.acceptEnd(streamSeq);
  await delivery.close();
  process.stdout.write(`accepted: the relay goes on after message ${streamSeq} within half a minute, if the stream still ends there\n`);
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exitCode = 1;
});
