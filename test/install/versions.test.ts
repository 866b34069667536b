/**
 * Versions on an installed machine, through systemd: a killed gateway comes back, an upgrade under a call, one that fails and is taken back with the
 * database it changed, a rollback; then both once more by playbook. Long: `./keepline test install`.
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hears, talksOn } from '@keepline/testkit/customer';
import { eventually } from '@keepline/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { AGENT_HZ, House } from './house.ts';
import { type NextBundle, nextBundle } from './next-bundle.ts';

const LONG_MS = 600_000;

describe('versions on an installed machine', () => {
  let house: House;
  let next: NextBundle;

  beforeAll(async () => {
    house = await House.open();
    const { machine, bundle, version } = house;
    await house.playbook('site.yml', '--tags', 'hardening');
    copyFileSync(bundle, join(machine.root, 'root/bundle'));
    writeFileSync(join(machine.root, 'root/site.yaml'), stringify(house.site));
    await machine.must('tar', '-I', 'zstd', '-xf', '/root/bundle', '-C', '/root');
    await machine.must(`/root/keepline-${version}/keepline`, 'install', '--site', '/root/site.yaml');
  }, LONG_MS);
  afterAll(() => house?.close(), 120_000);

  it('come back by themselves when their main process is killed, after a recorded call on a hardened machine', async () => {
    const call = await house.talk();
    await talksOn(call, 2000);
    await call.hangup();
    const shown = async (property: string): Promise<string> =>
      (await house.machine.must('systemctl', 'show', `--property=${property}`, '--value', 'keepline-gateway')).trim();
    const killed = await shown('MainPID');
    const start = performance.now();
    await house.machine.must('kill', '-9', killed);
    const isBack = async (): Promise<boolean> => (await shown('ActiveState')) === 'active' && (await shown('MainPID')) !== killed;
    expect(await eventually('the gateway is active again', isBack, 90_000)).toBe(true);
    console.log(`active again ${Math.round(performance.now() - start)} ms after kill -9`);
    await (await house.talk()).hangup();
  }, 200_000);

  it(
    'change under a call, which ends when its people want; new ones are sent elsewhere meanwhile',
    async () => {
      next = await nextBundle(house.work.path, {
        bundle: house.bundle,
        secretKey: house.secretKey,
        version: `${house.version}-next`,
        broken: false,
      });
      const call = await house.talk();
      const upgraded = upgrade(next);
      await eventually('new calls are sent elsewhere', () => house.refuses(), LONG_MS);
      call.line.forget();
      await hears(call, AGENT_HZ);
      await call.hangup();
      expect(await upgraded).toMatchObject({ status: 0 });
      expect(await house.running()).toEqual({ current: next.version, previous: house.version });
      await (await house.talk()).hangup();
    },
    LONG_MS,
  );

  it(
    'that do not pass their gate are taken back with the database they changed',
    async () => {
      const broken = await nextBundle(house.work.path, {
        bundle: next.file,
        secretKey: house.secretKey,
        version: `${house.version}-broken`,
        broken: true,
      });
      const { status, stderr } = await upgrade(broken);
      expect(stderr).toContain('UPGRADE_ROLLED_BACK');
      expect(status).not.toBe(0);
      expect(await house.running()).toEqual({ current: next.version, previous: house.version });
      await (await house.talk()).hangup();
    },
    LONG_MS,
  );

  it(
    'go back on order to the one before, which knows its database again',
    async () => {
      await house.machine.must('keepline', 'rollback', '--yes');
      expect(await house.running()).toEqual({ current: house.version, previous: next.version });
      await (await house.talk()).hangup();
    },
    LONG_MS,
  );

  it(
    'that are killed half way, under a call or after the switch, are finished by the same order',
    async () => {
      const kill = (): Promise<unknown> => house.machine.run('pkill', '-KILL', '--full', 'launcher/main.ts upgrade');
      const call = await house.talk();
      const drained = upgrade(next);
      await eventually('new calls are sent elsewhere', () => house.refuses(), LONG_MS);
      await kill();
      expect((await drained).status).not.toBe(0);
      call.line.forget();
      await hears(call, AGENT_HZ);
      await call.hangup();
      expect(await house.running()).toEqual({ current: house.version, previous: next.version });

      const switched = upgrade(next);
      const isSwitched = async (): Promise<boolean> => (await house.running()).current === next.version;
      await eventually('the new version is in place', isSwitched, LONG_MS);
      await kill();
      expect((await switched).status).not.toBe(0);
      await house.machine.must('systemctl', 'stop', 'keepline-gateway', 'keepline-cloud-sync'); // as after a cut before they were started
      expect(await upgrade(next)).toMatchObject({ status: 0 });
      expect(await house.running()).toEqual({ current: next.version, previous: house.version });
      await (await house.talk()).hangup();
      await house.machine.must('keepline', 'rollback', '--yes');
    },
    LONG_MS,
  );

  it(
    'change and go back by playbook, and a second order for the version that runs changes nothing',
    async () => {
      house.name(next);
      expect(await house.playbook('upgrade.yml')).toMatchObject({ failed: 0, unreachable: 0 });
      expect(await house.running()).toEqual({ current: next.version, previous: house.version });
      expect(await house.playbook('upgrade.yml')).toMatchObject({ failed: 0, changed: 0 });
      expect(await house.playbook('rollback.yml')).toMatchObject({ failed: 0, unreachable: 0 });
      expect(await house.running()).toEqual({ current: house.version, previous: next.version });
      await (await house.talk()).hangup();
    },
    LONG_MS,
  );

  async function upgrade({ file }: NextBundle): Promise<{ status: number; stderr: string }> {
    const { machine, publicKey } = house;
    for (const end of ['', '.minisig']) copyFileSync(`${file}${end}`, join(machine.root, `root/next${end}`));
    copyFileSync(publicKey, join(machine.root, 'root/keepline.pub'));
    return machine.run('keepline', 'upgrade', '--bundle', '/root/next', '--pub', '/root/keepline.pub', '--yes');
  }
});
