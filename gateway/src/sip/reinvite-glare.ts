/**
 * How long to wait after 491 (RFC 3261 §14.1): the two ends draw from different ranges, so that they do not meet again. Pure; ms.
 * @param random from 0 to below 1
 */
export function glareWaitMs(ownsCallId: boolean, random: number): number {
  return ownsCallId ? 2_100 + 10 * Math.floor(random * 191) : 10 * Math.floor(random * 201);
}
