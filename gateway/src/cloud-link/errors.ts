/** What goes wrong between the gateway and the process that holds the cloud connection, where somebody waits for an answer. */
import { KeeplineError } from '@keepline/contracts/errors';

export class CloudSyncUnreachable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('CLOUD_SYNC_UNREACHABLE', `cloud-sync does not answer on ${path}`, {
      hint: 'Start the site (./keepline up) or see why cloud-sync ended: ./keepline status.',
      offending: path,
      cause,
    });
  }
}
