/** Faults of legs. */
import { KeeplineError } from '@keepline/contracts/errors';

export class LegForeign extends KeeplineError {
  constructor(legId: string) {
    super('LEG_FOREIGN', `the leg ${legId} has no place on the RTP edge`, {
      hint: 'A fault of the programme: report it with the log of this call.',
      offending: legId,
    });
  }
}
