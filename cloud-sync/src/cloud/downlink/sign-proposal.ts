/** Makes the envelope of a proposal and signs it, for the publisher's command line and the tests. */
import type { KeyObject } from 'node:crypto';
import { type DownlinkEnvelope, type DownlinkKind, signDownlink } from '@keepline/contracts/downlink';
import { newId } from '@keepline/contracts/ids';

export interface Proposal {
  readonly site: string;
  readonly kind: DownlinkKind;
  readonly version: number;
  /** Wall ms. */
  readonly nowMs: number;
  readonly validMs: number;
  readonly payload: unknown;
  readonly key: { readonly name: string; readonly secret: KeyObject };
}

/** A clock of the site that runs a little behind shall not refuse what was made just now, ms. */
const CLOCK_SLACK_MS = 300_000;

export function signProposal({ site, kind, version, nowMs, validMs, payload, key }: Proposal): DownlinkEnvelope {
  const id = newId('dl', nowMs);
  const times = { notBeforeMs: nowMs - CLOCK_SLACK_MS, notAfterMs: nowMs + validMs };
  return signDownlink({ v: 1, id, site, kind, version, ...times, payload, key: key.name }, key.secret);
}
