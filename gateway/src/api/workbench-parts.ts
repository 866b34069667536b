/** What the pages of the workbench need of the house beyond accounts: link, egress, policy, proposals. Wired in `house/workbench.ts`. */
import type { DownlinkKind } from '@keepline/contracts/downlink';
import type { CloudView, DownlinkView, EgressDay, PolicyView, ProposalReview, ReconcileReply } from '@keepline/contracts/workbench';
import type { Audited } from '../identity/identity-store.ts';

export interface WorkbenchParts {
  /** Runs a sensitive act of a route: intent durable before, outcome after. */
  readonly audited: Audited;
  /** Answers also while `cloud-sync` is away. */
  cloud(): Promise<CloudView>;
  /** @throws CloudSyncUnreachable */
  reconcile(): Promise<ReconcileReply>;
  /** Both days included, `yyyy-mm-dd`. @throws OutboxUnusable */
  egress(from: string, to: string): Promise<readonly EgressDay[]>;
  /** The same as CSV (RFC 4180), byte for byte what `./keepline cloud egress` writes. */
  egressReport(from: string, to: string): Promise<string>;
  /** @throws PolicyUnreadable */
  policy(): Promise<PolicyView>;
  /** @throws CloudSyncUnreachable */
  proposals(): Promise<DownlinkView>;
  /** @throws CloudSyncUnreachable, DownlinkUnknown, DownlinkNotTrusted, DownlinkNotPermitted, FlowInvalid */
  review(id: string): Promise<ProposalReview>;
  /** @throws as `review`, and DownlinkDecided */
  approve(id: string, who: string): Promise<void>;
  /** @throws CloudSyncUnreachable, DownlinkUnknown, DownlinkDecided */
  reject(id: string, who: string, reason: string): Promise<void>;
  /** @returns the version in force afterwards, 0 for the site file's. @throws DownlinkNothingApplied */
  rollBack(kind: DownlinkKind): Promise<number>;
}
