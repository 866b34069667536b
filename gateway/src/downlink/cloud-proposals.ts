/** Reads the proposals `cloud-sync` holds, over its unix socket. What comes is only looked at here; `decisions.ts` judges it. */
import { request } from 'node:http';
import { DOWNLINK_MAX_BYTES } from '@keepline/contracts/downlink';
import { ProposalList } from '@keepline/contracts/downlink-proposal';
import { Value } from 'typebox/value';
import { CloudSyncUnreachable, DownlinkUnknown } from './errors.ts';

const LIMIT_MS = 5000;
/** JSON written anew may be a little longer than what was signed. */
const REPLY_MAX_BYTES = 2 * DOWNLINK_MAX_BYTES;

/** @throws CloudSyncUnreachable, also when what answers is not a list of proposals */
export async function listProposals(socketPath: string): Promise<ProposalList> {
  const { text } = await get(socketPath, '/downlink');
  try {
    const list: unknown = JSON.parse(text);
    if (Value.Check(ProposalList, list)) return list;
  } catch {
    // told below
  }
  throw new CloudSyncUnreachable(socketPath, new Error('the reply is no list of proposals'));
}

/** The envelope as JSON. @throws CloudSyncUnreachable, DownlinkUnknown */
export async function readProposal(socketPath: string, id: string): Promise<string> {
  const { status, text } = await get(socketPath, `/downlink/${encodeURIComponent(id)}`);
  if (status !== 200) throw new DownlinkUnknown(id);
  return text;
}

function get(socketPath: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(new CloudSyncUnreachable(socketPath, cause));
    const asked = request({ socketPath, path, timeout: LIMIT_MS, agent: false }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > REPLY_MAX_BYTES) asked.destroy(new Error('the reply is too large'));
        else parts.push(part);
      });
      response.once('error', fail);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${LIMIT_MS} ms`)));
    asked.once('error', fail);
    asked.end();
  });
}
