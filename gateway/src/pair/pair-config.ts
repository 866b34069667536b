/** `pair.yaml`: what an appliance or the witness knows of its pair. Not part of the site file, which is the same on both appliances. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { PairConfigInvalid } from './errors.ts';
import type { Timing } from './pair-state.ts';
import type { NodeName, VoterName } from './voter.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}
export interface PairConfig {
  readonly node: VoterName;
  readonly listen: Place;
  readonly peer: Place;
  readonly witness: Place;
  /** Secret of the two appliances, 32 bytes: it opens the copy. */
  readonly pairKey: Buffer;
  /** Secret of both and the witness, which opens no data. */
  readonly witnessKey: Buffer;
  readonly data: string;
  /** Ledger, parcel, socket and `role`; on the disk of the data folder. */
  readonly work: string;
  readonly timing: Timing;
  /** At most so much of what was acknowledged is missing after a takeover that nobody ordered, ms. */
  readonly lossBoundMs: number;
  readonly copyEveryMs: number;
  /** Figures for Prometheus on the loopback address; 0 for none. */
  readonly metricsPort: number;
}

/** Shorter leases lose the site to a busy host, longer ones let callers wait. */
const LEASE_SECONDS = 3;
const LOSS_BOUND_SECONDS = 10;
const COPY_EVERY_MS = 1000;
const METRICS_PORT = 7901;
const KEY_BYTES = 32;

/** @throws PairConfigInvalid with all faults at once */
export function readPairConfig(path: string): PairConfig {
  const faults: string[] = [];
  const folder = resolve(path, '..');
  const inFolder = (name: string): string => (isAbsolute(name) ? name : join(folder, name));
  const document = parsed(path);
  const text = (name: string): string => {
    const value = document[name];
    if (typeof value === 'string' && value !== '') return value;
    faults.push(`${name} is missing`);
    return '';
  };
  const place = (name: string): Place => {
    const [, host = '', port = ''] = /^([\w.-]+):(\d{1,5})$/.exec(text(name)) ?? [];
    if (host === '') faults.push(`${name} is not HOST:PORT`);
    return { host, port: Number(port) };
  };
  const numberOf = (name: string, otherwise: number, min: number, max: number): number => {
    const value = document[name] ?? otherwise;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    faults.push(`${name} is not a number from ${min} to ${max}`);
    return otherwise;
  };
  const key = (name: string): Buffer => {
    try {
      const bytes = Buffer.from(readFileSync(inFolder(text(name)), 'utf8').trim(), 'base64');
      if (bytes.length !== KEY_BYTES) faults.push(`${name} does not hold ${KEY_BYTES} bytes in base64`);
      return bytes;
    } catch {
      faults.push(`${name} cannot be read`);
      return Buffer.alloc(0);
    }
  };
  const node = text('node');
  const isWitness = node === 'witness';
  if (!isWitness && !isNode(node)) faults.push('node is neither a, b nor witness');
  const leaseMs = numberOf('leaseSeconds', LEASE_SECONDS, 1, 30) * 1000;
  const timing: Timing = { leaseMs, renewMs: Math.floor(leaseMs / 5), fenceMs: Math.floor(leaseMs / 6) };
  const lossBoundMs = numberOf('lossBoundSeconds', LOSS_BOUND_SECONDS, 5, 600) * 1000;
  if (!isWitness && lossBoundMs < 2 * leaseMs + 3 * COPY_EVERY_MS) faults.push('lossBoundSeconds is less than two leases and 3 seconds');
  const nowhere: Place = { host: '', port: 0 };
  const config: PairConfig = {
    node: isWitness ? 'witness' : node === 'b' ? 'b' : 'a',
    listen: place('listen'),
    peer: isWitness ? nowhere : place('peer'),
    witness: isWitness ? nowhere : place('witness'),
    pairKey: isWitness ? Buffer.alloc(0) : key('pairKeyFile'),
    witnessKey: key('witnessKeyFile'),
    data: isWitness ? '' : text('data'),
    work: text('work'),
    timing,
    lossBoundMs,
    copyEveryMs: COPY_EVERY_MS,
    metricsPort: isWitness ? 0 : numberOf('metricsPort', METRICS_PORT, 0, 65_535),
  };
  if (faults.length > 0) throw new PairConfigInvalid(path, faults);
  return config;
}

export const isNode = (name: string): name is NodeName => name === 'a' || name === 'b';

function parsed(path: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = parse(readFileSync(path, 'utf8'));
    if (typeof found === 'object' && found !== null) return { ...found };
  } catch (fault) {
    throw new PairConfigInvalid(path, [fault instanceof Error ? fault.message : 'it cannot be read']);
  }
  throw new PairConfigInvalid(path, ['it is empty']);
}
