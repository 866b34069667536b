/**
 * What may stand beside a site, by playbook on a booted machine: a NATS hub in the house, Prometheus with our alerts, the journal to a syslog server over
 * TLS. Each is asked for what it is for, and each playbook changes nothing when it is run again. Long: `./keepline test install`.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { hubTrust, issueUser, newOperatorSeeds } from '@keepline/cloud-sync/hub-identity';
import { rightsOf } from '@keepline/cloud-sync/hub-rights';
import { eventually } from '@keepline/testkit/eventually';
import { findProgram } from '@keepline/testkit/program';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../source-files.ts';
import { House } from './house.ts';

const LONG_MS = 600_000;
const SYSLOG_NAME = 'syslog.bank.test';
const RULES = join(ROOT, 'ansible/roles/monitoring/files/keepline.rules.yml');

describe('beside a site', () => {
  let house: House;

  beforeAll(async () => {
    house = await House.open(['prometheus', 'rsyslog', 'rsyslog-gnutls']);
  }, LONG_MS);
  afterAll(() => house?.close(), 120_000);

  it(
    'stands a hub that takes events over TLS from who has credentials, and from nobody else',
    async () => {
      const { machine } = house;
      const seeds = await newOperatorSeeds();
      const { operatorJwt, systemAccount, accounts } = await hubTrust(seeds, 'north');
      const { key, certificate } = issue(house, 'hub', `IP:${machine.address}`);
      house.name(wanted(), {
        nats_tls_key: key,
        nats_tls_certificate: certificate,
        // As `nsc generate config --mem-resolver` prints it.
        nats_accounts: [
          `operator: ${operatorJwt}`,
          `system_account: ${systemAccount}`,
          'resolver: MEMORY',
          `resolver_preload: { ${Object.entries(accounts)
            .map(([account, jwt]) => `${account}: ${jwt}`)
            .join(', ')} }`,
        ].join('\n'),
      });
      expect(await house.playbook('hub.yml', '--check')).toMatchObject({ failed: 0 });
      expect(await house.playbook('hub.yml')).toMatchObject({ failed: 0, unreachable: 0 });
      expect(await house.playbook('hub.yml')).toMatchObject({ failed: 0, changed: 0 });

      const inAnHour = Math.floor(Date.now() / 1000) + 3600;
      const { creds } = await issueUser(seeds, 'operator', rightsOf('north').operator, inAnHour);
      // The client compares a name with the certificate, and an address only when it is told it here.
      const tls = Object.assign({ ca: certificate }, { host: machine.address });
      const far = { servers: `tls://${machine.address}:4222`, tls };
      const connection = await connect({ ...far, authenticator: credsAuthenticator(Buffer.from(creds)) });
      await (await jetstreamManager(connection)).streams.add({ name: 'TRY', subjects: ['try'] });
      expect(await jetstream(connection).publish('try', 'word')).toMatchObject({ stream: 'TRY', seq: 1 });
      await connection.close();
      await expect(connect(far)).rejects.toThrow(/Authorization/i);

      expect(await house.faultsOfUnit('keepline-hub')).toBe('');
      expect(await machine.must('systemd-analyze', 'security', '--no-pager', 'keepline-hub')).toMatch(/level for \S+: [01]\.\d/);
      await machine.must('systemctl', 'disable', '--now', 'keepline-hub');
    },
    LONG_MS,
  );

  it(
    'stands Prometheus with every alert, and its log is read elsewhere over TLS by whom the certificate names',
    async () => {
      const { machine } = house;
      const { key, certificate } = issue(house, 'syslog', `DNS:${SYSLOG_NAME}`);
      let heard = '';
      const server = createServer({ key, cert: certificate }, (socket) => {
        socket.on('data', (piece: Buffer) => (heard += piece.toString()));
        socket.on('error', () => {}); // the machine is switched off at the end
      });
      await new Promise<void>((resolve) => server.listen(0, machine.here, resolve));
      const { port } = server.address() as AddressInfo; // of a TCP server
      appendFileSync(join(machine.root, 'etc/hosts'), `${machine.here} ${SYSLOG_NAME}\n`);
      try {
        house.name(wanted(), {
          hardening_out_tcp_ports: [port],
          monitoring_prometheus: true,
          monitoring_syslog_server: `${SYSLOG_NAME}:${port}`,
          monitoring_syslog_ca: certificate,
        });
        expect(await house.playbook('site.yml')).toMatchObject({ failed: 0, unreachable: 0 });
        expect(await house.playbook('monitoring.yml')).toMatchObject({ failed: 0, unreachable: 0 });
        expect(await house.playbook('monitoring.yml')).toMatchObject({ failed: 0, changed: 0 });

        const asked = async (path: string): Promise<unknown> => JSON.parse(await house.read(`http://127.0.0.1:9090/api/v1/${path}`));
        const isUp = async (): Promise<boolean> => JSON.stringify(await asked('query?query=up%7Bjob%3D%22keepline%22%7D')).includes('"1"');
        await eventually('Prometheus reads the figures of the gateway', isUp, 60_000);
        const loaded = (await asked('rules?type=alert')) as { data: { groups: Array<{ rules: Array<{ name: string; health: string }> }> } };
        const written = (parse(readFileSync(RULES, 'utf8')) as { groups: Array<{ rules: Array<{ alert: string }> }> }).groups;
        const names = loaded.data.groups.flatMap(({ rules }) => rules.map(({ name }) => name));
        expect(names.toSorted()).toEqual(written.flatMap(({ rules }) => rules.map(({ alert }) => alert)).toSorted());

        await machine.must('systemd-cat', '-t', 'keepline-try', 'echo', 'read elsewhere');
        await eventually('the word in the syslog of the house', () => heard.includes('read elsewhere'), 60_000);
        expect(heard).toMatch(/^\d+ <\d+>1 /); // RFC 5425 §4.3: length, then a message of RFC 5424
        expect(heard).toContain(' keepline-try ');
      } finally {
        server.close();
      }
    },
    LONG_MS,
  );

  const wanted = (): { file: string; version: string } => ({ file: house.bundle, version: house.version });
});

/** A key and a certificate that signs itself, for one name. */
function issue({ work }: House, name: string, san: string): { readonly key: string; readonly certificate: string } {
  const [key, certificate] = [join(work.path, `${name}.key`), join(work.path, `${name}.pem`)];
  const subject = ['-subj', `/CN=${san.replace(/^\w+:/, '')}`, '-addext', `subjectAltName=${san}`];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'];
  execFileSync(findProgram('openssl'), ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}
