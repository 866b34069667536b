/** Refusals of call-backs. Numbers are personal data and occur in none. */
import { KeeplineError } from '@keepline/contracts/errors';
import type { BookingFault } from './list.ts';

const WORDS: Readonly<Record<BookingFault, string>> = {
  off: 'this site makes none',
  full: 'as many are owed as may be',
  owed: 'this number is owed one already',
  past: 'its time is over',
  too_late: 'its time is too far away',
};

export class CallbackRefused extends KeeplineError {
  constructor(why: BookingFault) {
    super('CALLBACK_REFUSED', `no call-back can be agreed on: ${WORDS[why]}`, {
      hint: 'Choose another time, or call the customer now; `callback.max` and `callback.days` in site.yaml are the bounds.',
      offending: why,
    });
  }
}

export class CallbackUnknown extends KeeplineError {
  constructor(id: string) {
    super('CALLBACK_UNKNOWN', `no call-back ${id} is owed`, {
      hint: '`./keepline callbacks list` shows those that are; this one may have been made or cancelled meanwhile.',
      offending: id,
    });
  }
}
