/** `./keepline cloud train`: reads the stream of a site from its beginning, trains the built-in model, says how good it is, and puts it in place. */
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { CloudConnection } from '../nats/cloud-connection.ts';
import { readProof } from '../nats/credentials.ts';
import { subjectsOf } from '../nats/subjects.ts';
import { parseCloudEvent } from './cloud-event.ts';
import { readDoorFile } from './door/door-file.ts';
import { inboxOf } from './hub-rights.ts';
import { bodyText } from './message-body.ts';
import { LabelledCalls } from './providers/built-in/labelled-calls.ts';
import { writeModel } from './providers/built-in/model-file.ts';
import { type Evaluation, MIN_EXAMPLES, MIN_GAIN, train } from './providers/built-in/train.ts';
import { modelPath } from './running-cloud.ts';

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { data: text, servers: text, site: text, credentials: text, json: { type: 'boolean' } } });
  if (values.data === undefined)
    throw new KeeplineError('ARGUMENT_MISSING', '--data is needed', { hint: 'Name the data folder of the services.' });
  const { folder, file } = readDoorFile(values.data);
  const site = values.site ?? file.sites[0] ?? '';
  const reads = file.readingCredentials !== '' && values.credentials === undefined;
  const credentials = reads ? file.readingCredentials : (values.credentials ?? file.credentials);
  const connection = await CloudConnection.open({
    servers: (values.servers ?? file.servers).split(','),
    name: `keepline-train-${site}`,
    timeoutMs: 5000,
    ...(reads ? { inboxPrefix: inboxOf(site, 'reader') } : {}),
    ...(credentials === '' ? {} : { proof: () => readProof(credentials) }),
  });
  try {
    const calls = await readCalls(connection, site);
    const { file: model, evaluations } = train(calls.calls());
    const path = modelPath(folder, site);
    writeModel(path, model);
    const lines = evaluations.map(evaluationText);
    console.log(
      values.json === true
        ? JSON.stringify({ model: model.version, path, evaluations })
        : [`${model.version} → ${path}`, ...lines].join('\n'),
    );
    return 0;
  } finally {
    connection.drop();
  }
}

async function readCalls(connection: CloudConnection, site: string): Promise<LabelledCalls> {
  const { stream } = subjectsOf(site);
  const calls = new LabelledCalls();
  const admin = await jetstreamManager(connection.nats);
  const { state } = await admin.streams.info(stream);
  if (state.messages === 0) return calls;
  const consumer = await jetstream(connection.nats).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
  const messages = await consumer.consume();
  for await (const message of messages) {
    const event = parseCloudEvent(bodyText(message), site);
    if (event) calls.learn(event);
    if (message.seq >= state.last_seq) break;
  }
  return calls;
}

function evaluationText({ task, learned, heldOut, accuracy, majority, kept }: Evaluation): string {
  const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
  const gain = `${accuracy >= majority ? '+' : ''}${((accuracy - majority) * 100).toFixed(1)} points`;
  const verdict = kept ? 'in use' : `left out: it needs ${MIN_EXAMPLES} examples and ${MIN_GAIN * 100} points`;
  return `${task}: ${learned} learned, ${heldOut} held out, accuracy ${percent(accuracy)}, most frequent label ${percent(majority)}, gain ${gain}: ${verdict}`;
}

main().then(
  (status) => (process.exitCode = status),
  (fault: unknown) => {
    process.stderr.write(`${fault instanceof KeeplineError ? `${fault.code}: ${fault.message}\n  ${fault.hint}` : messageOf(fault)}\n`);
    process.exitCode = 1;
  },
);
