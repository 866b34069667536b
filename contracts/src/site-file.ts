/**
 * Reads `site.yaml`: fills in defaults, and reports every fault at once, each with its path, the value and what is allowed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Value } from 'typebox/value';
import { KeeplineError, messageOf } from './errors.ts';
import { recordingFault } from './recording-policy.ts';
import { SiteConfig } from './site-config.ts';

/** @throws KeeplineError SITE_FILE_UNREADABLE, SITE_FILE_INVALID */
export function readSiteFile(path: string | undefined): SiteConfig {
  if (path === undefined) return parseSite({});
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new KeeplineError('SITE_FILE_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path given with --site and the rights of this user.',
      offending: path,
      cause,
    });
  }
  let document: unknown;
  try {
    document = parse(text) ?? {};
  } catch (cause) {
    throw new KeeplineError('SITE_FILE_INVALID', `${path} is not YAML: ${messageOf(cause)}`, {
      hint: 'Mend the line named above; docs/configuration.md shows a whole file.',
      offending: path,
      cause,
    });
  }
  return parseSite(document, path);
}

/** The settings of the site in this data folder: the file named, else its own `site.yaml`, else the defaults. @throws as {@link readSiteFile} */
export function readSiteOf(data: string, named: string | undefined): SiteConfig {
  const own = join(data, 'site.yaml');
  return readSiteFile(named ?? (existsSync(own) ? own : undefined));
}

/** Checks a document against `SiteConfig`. @throws KeeplineError SITE_FILE_INVALID with all faults in one message */
export function parseSite(document: unknown, path = 'site.yaml'): SiteConfig {
  const filled = Value.Default(SiteConfig, Value.Clone(document));
  if (Value.Check(SiteConfig, filled)) {
    const faults = crossChecks(filled);
    if (faults.length === 0) return filled;
    throw invalid(path, faults);
  }
  throw invalid(
    path,
    Value.Errors(SiteConfig, filled)
      .filter((fault) => fault.keyword !== 'boolean') // "schema is false" only repeats additionalProperties
      .map((fault) => `${fault.instancePath || '/'} ${fault.message}, found ${shown(filled, fault.instancePath)}`),
  );
}

function invalid(path: string, faults: readonly string[]): KeeplineError {
  return new KeeplineError('SITE_FILE_INVALID', `${path} has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`, {
    hint: 'Each line names a setting; docs/configuration.md has its range and default.',
    offending: path,
  });
}

function shown(document: unknown, path: string): string {
  const value = Value.Pointer.Get(document, path);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What a schema of single fields cannot say. */
function crossChecks(site: SiteConfig): string[] {
  const faults: string[] = [];
  const queues = new Set(site.queues.map((queue) => queue.name));
  for (const [list, names] of [
    ['queues', site.queues.map((queue) => queue.name)],
    ['agents', site.agents.map((agent) => agent.id)],
    ['sip/trunks', site.sip.trunks.map((trunk) => trunk.name)],
  ] as const) {
    const twice = names.filter((name, i) => names.indexOf(name) !== i);
    for (const name of new Set(twice)) faults.push(`/${list} names ${name} more than once`);
  }
  for (const agent of site.agents) {
    for (const queue of agent.queues)
      if (!queues.has(queue)) faults.push(`/agents/${agent.id} serves the queue ${queue}, which is not defined`);
  }
  const unexplained = [
    ...site.queues.map((queue) => recordingFault(queue, `/queues/${queue.name}`)),
    recordingFault(site.dialling, '/dialling'),
  ];
  faults.push(...unexplained.filter((fault) => fault !== undefined));
  if (site.media.rtpPortMax - site.media.rtpPortMin < 9) faults.push('/media/rtpPortMax must be at least 9 above rtpPortMin');
  return faults;
}
