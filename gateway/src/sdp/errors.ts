/** What goes wrong between an offer and its answer. */
import { KeeplineError } from '@keepline/contracts/errors';

export class SdpAnswerUnusable extends KeeplineError {
  constructor(why: string) {
    super('SDP_ANSWER_UNUSABLE', `the far end answered our offer with a description we cannot use (${why})`, {
      hint: 'Allow PCMA or PCMU with an IPv4 address on the far end, encrypted as `srtp` of its trunk or of `media.phoneSrtp` says.',
      offending: why,
    });
  }
}
