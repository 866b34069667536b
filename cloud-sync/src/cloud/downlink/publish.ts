/**
 * The operator's tool for the downlink: makes a signing key, or signs a file and publishes it to one site. The signing key stays with the
 * operator; no running cloud worker has it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DOWNLINK_KINDS, DOWNLINK_MAX_BYTES, type DownlinkKind, judgeDownlink, pinnedKeys, pinOf } from '@keepline/contracts/downlink';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { jetstream } from '@nats-io/jetstream';
import { CloudConnection } from '../../nats/cloud-connection.ts';
import { readProof } from '../../nats/credentials.ts';
import { inboxOf } from '../hub-rights.ts';
import { signProposal } from './sign-proposal.ts';

const USAGE = `usage: node cloud-sync/src/cloud/downlink/publish.ts --new-key NAME --key FILE
       node cloud-sync/src/cloud/downlink/publish.ts --kind KIND --file FILE --key FILE --key-name NAME
            --servers URL --site NAME --credentials FILE [--version N] [--valid-hours H]

  --kind         ${DOWNLINK_KINDS.join(' | ')}
  --file         the payload as JSON
  --version      rises with every proposal of its kind; the present second when left out
  --valid-hours  after these the site refuses it; 168 when left out`;
const HOUR_MS = 3_600_000;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{
      'new-key': text,
      kind: text,
      file: text,
      key: text,
      'key-name': text,
      servers: text,
      site: text,
      credentials: text,
      version: text,
    },
    'valid-hours': { type: 'string', default: '168' },
  },
});

function given(name: Exclude<keyof typeof values, 'new-key'>): string {
  const value = values[name];
  if (value === undefined) throw new KeeplineError('ARGUMENT_MISSING', `--${name} is needed`, { hint: USAGE });
  return value;
}

function newKey(name: string, path: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pin = pinOf(name, publicKey);
  pinnedKeys([pin]); // a name that cannot be pinned is no name
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  console.log(`pin it at the site, in site.yaml:\n  downlink: { keys: ["${pin}"] }`);
}

function secretIn(path: string): KeyObject {
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new KeeplineError('DOWNLINK_KEY_INVALID', `${path} holds no Ed25519 key`, { hint: USAGE, offending: path });
}

async function publish(kind: DownlinkKind): Promise<void> {
  const site = given('site');
  const secret = secretIn(given('key'));
  const name = given('key-name');
  const nowMs = Date.now();
  const version = values.version === undefined ? Math.floor(nowMs / 1000) : Number(values.version);
  const payload: unknown = JSON.parse(readFileSync(given('file'), 'utf8'));
  const validMs = Number(values['valid-hours']) * HOUR_MS;
  const envelope = signProposal({ site, kind, version, nowMs, validMs, payload, key: { name, secret } });
  const body = Buffer.from(JSON.stringify(envelope));
  // The site would refuse it for the same reason; its operator should not have to find out there.
  const verdict = judgeDownlink(body, site, pinnedKeys([pinOf(name, createPublicKey(secret))]), nowMs);
  if (!verdict.ok)
    throw new KeeplineError('DOWNLINK_UNSOUND', `the site would refuse this proposal: ${verdict.why}`, {
      hint: `Mend the file: its shape is in contracts/src/downlink.ts, its size at most ${DOWNLINK_MAX_BYTES} bytes.`,
      offending: verdict.why,
    });
  const connection = await CloudConnection.open({
    servers: given('servers').split(','),
    name: 'keepline-publisher',
    timeoutMs: 5000,
    inboxPrefix: inboxOf(site, 'publisher'),
    proof: () => readProof(given('credentials')),
  });
  try {
    const { seq } = await jetstream(connection.nats).publish(`keepline.v1.${site}.downlink.${kind}`, body, { msgID: envelope.id });
    console.log(JSON.stringify({ id: envelope.id, kind, version, seq }));
  } finally {
    connection.drop();
  }
}

try {
  const kind = DOWNLINK_KINDS.find((known) => known === values.kind);
  if (values['new-key'] !== undefined) newKey(values['new-key'], given('key'));
  else if (kind === undefined) throw new KeeplineError('ARGUMENT_MISSING', '--kind is needed, one of the kinds below', { hint: USAGE });
  else await publish(kind);
} catch (fault) {
  process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
  process.exitCode = 1;
}
