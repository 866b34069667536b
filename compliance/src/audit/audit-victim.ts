/**
 * A process made for `several-processes.test.ts`: appends to a log together with others, may be killed, and tells each entry it was promised.
 * Arguments: folder, signing key, name, number of entries.
 */
import { systemClock } from '@keepline/contracts/clock';
import { messageOf } from '@keepline/contracts/errors';
import { signerFrom } from '../tlog/signed-note.ts';
import { AuditLog } from './audit-log.ts';

const [dir = '', key = '', name = '', count = '0'] = process.argv.slice(2);
const log = await AuditLog.open({
  dir,
  signer: signerFrom(key),
  clock: systemClock,
  onFault: (fault) => console.log(`fault ${fault.code}`),
});
const waiting = new Set<Promise<void>>();
for (let i = 0; i < Number(count); i++) {
  const entry = {
    act: 'recording.list',
    who: name,
    role: 'test',
    from: 'console',
    object: '',
    purpose: '',
    outcome: 'done',
    correlation: `${name}-${i}`,
  } as const;
  const told = log.append(entry).then(
    () => console.log(`durable ${entry.correlation}`),
    (thrown: unknown) => console.log(`refused ${entry.correlation} ${messageOf(thrown)}`),
  );
  waiting.add(told);
  void told.finally(() => waiting.delete(told));
  if (waiting.size >= 8) await Promise.race(waiting);
}
await Promise.all(waiting);
await log.close();
