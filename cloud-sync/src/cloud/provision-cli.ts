/** `node cloud-sync/src/cloud/provision-cli.ts --servers URL --site NAME --credentials FILE`: makes the streams of a site, as its operator. */
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readProof } from '../nats/credentials.ts';
import { inboxOf } from './hub-rights.ts';
import { provision } from './provision.ts';

const USAGE = 'usage: node cloud-sync/src/cloud/provision-cli.ts --servers URL --site NAME --credentials FILE [--replicas 1|3]';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      servers: { type: 'string' },
      site: { type: 'string' },
      credentials: { type: 'string' },
      replicas: { type: 'string', default: '1' },
    },
  });
  const { servers, site, credentials, replicas } = values;
  if (servers === undefined || site === undefined || credentials === undefined)
    throw new KeeplineError('ARGUMENT_MISSING', '--servers, --site and --credentials are needed', { hint: USAGE });
  const connection = await CloudConnection.open({
    servers: servers.split(','),
    name: `keepline-provision-${site}`,
    timeoutMs: 5000,
    inboxPrefix: inboxOf(site, 'operator'),
    proof: () => readProof(credentials),
  });
  try {
    const created = await provision(connection, site, { replicas: replicas === '3' ? 3 : 1 });
    console.log(created ? `the streams of ${site} were made` : `the streams of ${site} are there`);
  } finally {
    connection.drop();
  }
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exitCode = 1;
});
