/** What can go wrong with a pair, and what the operator does about it. */
import { KeeplineError } from '@keepline/contracts/errors';

export class PairConfigInvalid extends KeeplineError {
  constructor(path: string, faults: readonly string[]) {
    super('PAIR_CONFIG_INVALID', `${path}: ${faults.join('; ')}`, {
      hint: 'docs/pair.md has the file with every setting; both appliances and the witness have one each.',
      offending: path,
    });
  }
}

export class PairAbsent extends KeeplineError {
  constructor(work: string) {
    super('PAIR_ABSENT', `no pair daemon answers in ${work}`, {
      hint: 'Start it: systemctl start keepline-pair; journalctl -u keepline-pair says why it ended.',
      offending: work,
    });
  }
}

export class PairRefused extends KeeplineError {
  constructor(what: string, hint: string) {
    super('PAIR_REFUSED', what, { hint });
  }
}
