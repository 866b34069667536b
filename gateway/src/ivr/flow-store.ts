/**
 * Reads flow documents and publishes them: a published version never changes, so the log of a call says for ever what its caller heard.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '@keepline/contracts/clock';
import type { Flow } from '@keepline/contracts/flow';
import { parse } from 'yaml';
import type { Reader, Store } from '../store/store.ts';
import { FlowUnreadable, FlowVersionTaken } from './errors.ts';
import { checkFlow } from './flow-check.ts';

/** A flow of 500 nodes with all its texts is smaller. */
const FLOW_FILE_MAX_BYTES = 1_048_576;

export interface PublishedFlow {
  readonly flow: Flow;
  /** Of the document with its keys in order, hex. */
  readonly sha256: string;
  /** When this version was first published, ms since 1970. */
  readonly publishedAtMs: number;
}

/** Reads a YAML or JSON file. @param queues names of the site's queues. @throws FlowUnreadable, FlowInvalid */
export async function readFlowFile(path: string, queues: readonly string[], hooks: readonly string[] = []): Promise<Flow> {
  let document: unknown;
  try {
    const bytes = await readFile(path);
    if (bytes.length > FLOW_FILE_MAX_BYTES) throw new RangeError(`it has ${bytes.length} bytes, at most ${FLOW_FILE_MAX_BYTES} are read`);
    document = parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new FlowUnreadable(path, cause);
  }
  return checkFlow(document, path, queues, hooks);
}

/**
 * Stores this version of the flow; publishing the same document again changes nothing. Durable when it resolves.
 * @throws FlowVersionTaken when the version was published with other content
 */
export function publishFlow(store: Pick<Store, 'write'>, clock: Pick<Clock, 'now'>, flow: Flow): Promise<PublishedFlow> {
  const document = canonicalJson(flow);
  const sha256 = createHash('sha256').update(document, 'utf8').digest('hex');
  return store.write(async (tx) => {
    const known = await tx.get<{ sha256: string; publishedAtMs: number }>(
      'SELECT sha256, published_at_ms AS publishedAtMs FROM flows WHERE flow = ? AND version = ?',
      flow.flow,
      flow.version,
    );
    if (known && known.sha256 !== sha256) throw new FlowVersionTaken(flow.flow, flow.version);
    if (known) return { flow, sha256, publishedAtMs: known.publishedAtMs };
    const publishedAtMs = clock.now();
    await tx.run(
      'INSERT INTO flows (flow, version, sha256, document, published_at_ms) VALUES (?, ?, ?, ?, ?)',
      flow.flow,
      flow.version,
      sha256,
      document,
      publishedAtMs,
    );
    return { flow, sha256, publishedAtMs };
  });
}

/** A version as it was published. */
export async function findFlow(reader: Reader, name: string, version: number): Promise<Flow | undefined> {
  const row = await reader.get<{ document: string }>('SELECT document FROM flows WHERE flow = ? AND version = ?', name, version);
  return row && JSON.parse(row.document); // checked before it was stored
}

/** JSON whose keys are in order, so that moving lines about in the file is no new content. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
