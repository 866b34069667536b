/** Four eyes at the console: what the running site demands is read from its database, whatever site file a command is shown. */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Clock } from '@keepline/contracts/clock';
import type { Bound } from './approval-rules.ts';
import { Approvals } from './approvals.ts';
import { Directory } from './directory.ts';
import type { IdentityStore } from './identity-store.ts';

export interface ConsoleApprovalParts {
  readonly store: IdentityStore;
  readonly clock: Clock;
  /** As done by the user of the system. */
  readonly audited: <T>(act: AuditAct, object: string, purpose: string, run: () => Promise<T>) => Promise<T>;
  /** User of the system, as the audit log names it. */
  readonly who: string;
}

/** @throws ApprovalNeeded, ApprovalUnknown, ApprovalRefused, or what `run` throws */
export async function performAtConsole<T>(
  { store, clock, audited, who }: ConsoleApprovalParts,
  bound: Bound,
  approvalId: string | undefined,
  run: () => Promise<T>,
): Promise<T> {
  // without the agents of the site file: whoever may ask or decide holds a role of the table
  const directory = await Directory.open({ store, clock, agents: [] });
  const approvals = new Approvals({
    ...{ store, clock, directory },
    audited: (act, { object, purpose }, inside) => audited(act, object, purpose, inside),
  });
  return approvals.perform({ who, role: 'operator', from: 'console' }, bound, approvalId, run);
}
