/** Reads the proposals `cloud-sync` holds, over its unix socket. What comes is only looked at here; `decisions.ts` judges it. */
import { DOWNLINK_MAX_BYTES } from '@keepline/contracts/downlink';
import { ProposalList } from '@keepline/contracts/downlink-proposal';
import { Value } from 'typebox/value';
import { askCloudSync } from '../cloud-link/ask-cloud-sync.ts';
import { CloudSyncUnreachable } from '../cloud-link/errors.ts';
import { DownlinkUnknown } from './errors.ts';

/** JSON written anew may be a little longer than what was signed. */
const REPLY_MAX_BYTES = 2 * DOWNLINK_MAX_BYTES;

/** @throws CloudSyncUnreachable, also when what answers is not a list of proposals */
export async function listProposals(socketPath: string): Promise<ProposalList> {
  const { text } = await askCloudSync(socketPath, '/downlink', REPLY_MAX_BYTES);
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
  const { status, text } = await askCloudSync(socketPath, `/downlink/${encodeURIComponent(id)}`, REPLY_MAX_BYTES);
  if (status !== 200) throw new DownlinkUnknown(id);
  return text;
}
