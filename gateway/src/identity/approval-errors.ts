/** Refusals of four eyes. */
import { KeeplineError } from '@keepline/contracts/errors';
import { type Bound, canonicalParams } from './approval-rules.ts';

export class ApprovalNeeded extends KeeplineError {
  constructor({ act, object, params }: Bound) {
    super('APPROVAL_NEEDED', `${act} needs the approval of a second person`, {
      hint: `Ask for it: ./keepline approvals request ${act} --object ${object} --params '${canonicalParams(params)}' --as ACCOUNT --purpose TEXT; then repeat with the id of the approval.`,
      offending: act,
    });
  }
}

export class ApprovalRefused extends KeeplineError {
  constructor(why: string) {
    super('APPROVAL_REFUSED', `the approval does not hold: ${why}`, {
      hint: './keepline approvals list shows who asked for what, who decided and when it ends; ask again for exactly what is to be done.',
    });
  }
}

export class ApprovalUnknown extends KeeplineError {
  constructor() {
    super('APPROVAL_UNKNOWN', 'there is no such request for approval', { hint: './keepline approvals list shows them.' });
  }
}

export class ApprovalInvalid extends KeeplineError {
  constructor(why: string) {
    super('APPROVAL_INVALID', `the request for approval does not fit: ${why}`, {
      hint: 'Name an act, the identifier it is done to, a purpose of one line and 1 to 72 hours.',
    });
  }
}

export class ApprovalLimit extends KeeplineError {
  constructor(most: number) {
    super('APPROVAL_LIMIT', 'too many requests for approval are open', {
      hint: 'Have those that wait decided, or let them expire.',
      offending: most,
    });
  }
}
