/** Which faults of a running ground become alarms, of which severity, and that SIEMs hear of them: through the log, and past it where it cannot. */
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseSite } from '@keepline/contracts/site-file';
import { eventually } from '@keepline/testkit/eventually';
import { tempDir, type TempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ALARM_RULES } from '../alarms/alarm-codes.ts';
import { type Ground, layGround } from './ground.ts';

let home: TempDir;
let ground: Ground;
let lay: () => Promise<void>;
let siem: Server;
let heard = '';
const sockets = new Set<Socket>();
beforeEach(async () => {
  home = tempDir();
  heard = '';
  siem = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('utf8'))).on('error', () => {});
  });
  await new Promise<void>((resolve) => siem.listen(0, '127.0.0.1', resolve));
  const address = siem.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const targets = [{ name: 'bank', to: `tcp://127.0.0.1:${port}`, format: 'rfc5424' }];
  lay = async () => void (ground = await layGround(parseSite({ log: { level: 'error' }, siem: { targets } }), home.path));
  await lay();
});
afterEach(async () => {
  await ground.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => siem.close(resolve));
  home.remove();
});

it('an event that the anonymiser keeps back raises an alarm by itself, which stands in the audit log and reaches the SIEM', async () => {
  ground.exporter.start();
  await ground.store.write((tx) =>
    tx
      .run("INSERT INTO event_log (id, type, time_ms, data) VALUES ('evt-1', 'call.told', 1, '{\"number\":\"13812345678\"}')")
      .then(() => {}),
  );
  await ground.exporter.drain();
  await ground.store.write((tx) =>
    ground.events.append(tx, 'alarm.cleared', { code: 'siem_unreachable', severity: 'major' }).then(() => {}),
  ); // wakes the export
  await eventually('the alarm', () => ground.alarms.standing().some(({ code }) => code === 'EXPORT_REFUSED'));
  const [alarm] = ground.alarms.standing().filter(({ code }) => code === 'EXPORT_REFUSED');
  expect(alarm).toMatchObject({ severity: 'major', object: '', clearedAtMs: null });
  expect(JSON.stringify(alarm)).not.toContain('13812345678');
  await eventually('the entry', () =>
    readFileSync(join(home.path, 'audit/entries.jsonl'), 'utf8').includes('"object":"alarm:EXPORT_REFUSED"'),
  );
  await ground.alarms.clearNumber(alarm?.number ?? 0);
  await ground.close(); // signs the last checkpoint, with which the entries go, now or at the next start
  await lay();
  await eventually('the record', () => heard.includes('alarm:EXPORT_REFUSED'));
  expect(ground.alarms.standing()).toEqual([]);
}, 60_000);

it('an alarm about the audit log itself reaches the SIEM past the log', async () => {
  const act = { who: 'gateway', role: 'system', from: 'local', object: 'site:x', purpose: '' };
  await ground.audited('site.start', act, async () => {});
  rmSync(join(home.path, 'audit/entries.index'));
  await expect(ground.audited('site.stop', act, async () => {})).rejects.toMatchObject({ code: 'AUDIT_REFUSED' });
  await eventually('the record', () => /alarm\.raise.*AUDIT_FORKED|AUDIT_FORKED.*alarm\.raise/s.test(heard));
  expect(ground.alarms.standing()).toMatchObject([{ code: 'AUDIT_FORKED', severity: 'critical' }]);
}, 60_000);

it('what no machine can mend stands until a person has looked, and only that is critical', () => {
  const rules = Object.entries(ALARM_RULES);
  expect(rules.filter(([, { latched }]) => latched).map(([code]) => code)).toEqual([
    'AUDIT_FORKED',
    'AUDIT_DAMAGED',
    'EXPORT_CURSOR_AHEAD',
    'EXPORT_GAP',
    'BACKUP_FAILED',
  ]);
  expect(rules.filter(([, { severity }]) => severity === 'critical').map(([code]) => code)).toEqual([
    'AUDIT_FORKED',
    'AUDIT_DAMAGED',
    'SITE_PART_DOWN',
    'EXPORT_CURSOR_AHEAD',
  ]);
});
