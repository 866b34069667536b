/**
 * Machines that prove themselves by a client certificate (RFC 8446 §4.4.2): issued by the authority of the settings, in its time, and with
 * the name of a machine this site knows as its common name. What it may do stands in the settings, as for tokens.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Permission } from '@keepline/contracts/roles';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { MachineAuthorityUnreadable } from './errors.ts';

/** What a TLS connection says about the other side. */
export interface ShownCertificate {
  /** OpenSSL has verified the chain up to the authority set. */
  readonly isTrusted: boolean;
  readonly commonName: string;
  /** Wall time in ms since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
}
export interface Machine {
  readonly name: string;
  readonly permissions: readonly Permission[];
}
export interface Machines {
  /** PEM. */
  readonly ca: string;
  /** Undefined: refused. The time is looked at with every request, for a connection may outlive its certificate. */
  find(shown: ShownCertificate, nowMs: number): Machine | undefined;
}

export function machinesFrom(ca: string, clients: readonly Machine[]): Machines {
  const byName = new Map(clients.map((client) => [client.name, client]));
  return {
    ca,
    find: ({ isTrusted, commonName, fromMs, untilMs }, nowMs) =>
      isTrusted && nowMs >= fromMs && nowMs < untilMs ? byName.get(commonName) : undefined,
  };
}

/** @param data folder relative paths start from. @returns undefined where no authority is set. @throws MachineAuthorityUnreadable */
export function openMachines({ caFile, clients }: SiteConfig['identity']['machines'], data: string): Machines | undefined {
  if (caFile === '') return undefined;
  const path = isAbsolute(caFile) ? caFile : join(data, caFile);
  try {
    return machinesFrom(readFileSync(path, 'utf8'), clients);
  } catch (cause) {
    throw new MachineAuthorityUnreadable(path, cause);
  }
}
