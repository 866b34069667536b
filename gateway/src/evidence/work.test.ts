/** What left the building, as the evidence counts it: events and questions, of the days asked for. */
import { DatabaseSync } from 'node:sqlite';
import { Outbox } from '@keepline/cloud-sync/outbox';
import { tempDir } from '@keepline/testkit/temp-dir';
import { expect, it } from 'vitest';
import { Connection } from '../store/connection.ts';
import { outboxFacts } from './work.ts';

it('questions asked of the cloud are counted beside the events, of the period and no other day', async () => {
  const dir = tempDir();
  const path = `${dir.path}/outbox.db`;
  await (await Outbox.open(path, { maxEvents: 100 })).close();
  const file = new DatabaseSync(path);
  const egress = file.prepare('INSERT INTO egress (day, type, events, quarantined) VALUES (?, ?, ?, ?)');
  const request = file.prepare('INSERT INTO request (day, type, sent, bytes, stopped) VALUES (?, ?, ?, 1, ?)');
  egress.run('2026-11-01', 'call.ended', 7, 1);
  egress.run('2026-11-03', 'call.ended', 100, 100);
  request.run('2026-11-01', 'request.advice', 40, 0);
  request.run('2026-11-02', 'request.qa', 2, 3);
  request.run('2026-10-31', 'request.qa', 1000, 1000);
  file.close();
  const reader = await Connection.open(path);
  expect(await outboxFacts(reader, '2026-11-01', '2026-11-02')).toEqual({
    ...{ scanned: 0, hits: {}, sent: 7, quarantined: 1, waiting: 0 },
    questions: { sent: 42, stopped: 3 },
  });
  await reader.close();
  dir.remove();
});
