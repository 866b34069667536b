import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@keepline/testkit/fake-clock';
import { type TempDir, tempDir } from '@keepline/testkit/temp-dir';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../store/store.ts';
import { flowTables } from '../store/tables/flows.ts';
import { findFlow, publishFlow, readFlowFile } from './flow-store.ts';

let folder: TempDir;
let store: Store;
let path: string;
const clock = new FakeClock();
beforeEach(async () => {
  folder = tempDir();
  path = join(folder.path, 'flow.yaml');
  store = await Store.open(join(folder.path, 'main.db'), [flowTables]);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});
const read = (yaml: string) => {
  writeFileSync(path, yaml);
  return readFlowFile(path, ['service']);
};

describe('a published flow', () => {
  it('is found again under its version, and publishing the same document again changes nothing', async () => {
    const flow = await read('{flow: main, version: 1, language: en, start: bye, nodes: {bye: {do: hangup}}, prompts: {}}');
    const first = await publishFlow(store, clock, flow);
    clock.advance(1000);
    const sameInOtherOrder = await read('{version: 1, flow: main, start: bye, prompts: {}, language: en, nodes: {bye: {do: hangup}}}');
    expect(await publishFlow(store, clock, sameInOtherOrder)).toEqual({ ...first, flow: sameInOtherOrder });
    expect(await findFlow(store.read, 'main', 1)).toEqual(flow);
    expect(await findFlow(store.read, 'main', 2)).toBeUndefined();
  });

  it('cannot get other content under the same version', async () => {
    await publishFlow(store, clock, await read('{flow: main, version: 1, language: en, start: a, nodes: {a: {do: hangup}}, prompts: {}}'));
    const other = await read('{flow: main, version: 1, language: zh, start: a, nodes: {a: {do: hangup}}, prompts: {}}');
    await expect(publishFlow(store, clock, other)).rejects.toMatchObject({ code: 'FLOW_VERSION_TAKEN' });
    await publishFlow(store, clock, { ...other, version: 2 });
    expect(await findFlow(store.read, 'main', 1)).toMatchObject({ language: 'en' });
  });
});

describe('a flow file', () => {
  it('that is missing, no YAML, or names a key twice is refused with its path', async () => {
    await expect(readFlowFile(join(folder.path, 'none.yaml'), [])).rejects.toMatchObject({ code: 'FLOW_UNREADABLE' });
    await expect(read('flow: [')).rejects.toMatchObject({ code: 'FLOW_UNREADABLE', offending: path });
    await expect(read('{flow: a, flow: b}')).rejects.toMatchObject({ code: 'FLOW_UNREADABLE' });
    await expect(read('flow: main')).rejects.toMatchObject({ code: 'FLOW_INVALID', offending: path });
  });

  it('of absurd size is not even parsed', async () => {
    await expect(read(`# ${'x'.repeat(1_048_576)}`)).rejects.toMatchObject({ code: 'FLOW_UNREADABLE' });
  });
});
