/** The list of commands: adding one is a file beside this and an entry here. */
import { forBrowserDemo, forSite, forSiteAndCloud, forTalking, forTests, forUnitTests } from '../setup/steps.ts';
import type { Command } from './command.ts';

export const commands: readonly Command[] = [
  {
    name: 'up',
    usage: '[--data DIR] [--site FILE] [--no-cloud] [--json]',
    summary: 'start the appliance here, with a stand-in cloud; Ctrl-C stops it, calls drained',
    accepts: { flags: ['no-cloud', 'json'], values: ['data', 'site'] },
    setup: (args) => (args.includes('--no-cloud') ? forSite : forSiteAndCloud),
    load: () => import('./up.ts'),
  },
  {
    name: 'demo',
    usage: '[--data DIR] [--json] [--agent ID --password TEXT]',
    summary: 'place real calls, cut the cloud, heal it, show what was recorded and delivered',
    setup: () => forBrowserDemo,
    load: () => import('./demo.ts'),
  },
  {
    name: 'test',
    usage: '[--unit] [PATTERN ...]',
    summary: 'types, lint, format and all tests; ends with `N passed, N failed`',
    accepts: { flags: ['unit'], maxWords: 64 },
    setup: (args) => (args.includes('--unit') ? forUnitTests : forTests),
    load: () => import('./test.ts'),
  },
  {
    name: 'status',
    usage: '[--data DIR] [--json]',
    summary: 'what runs, since when, and where its doors are',
    accepts: { flags: ['json'], values: ['data'] },
    setup: () => forTalking,
    load: () => import('./status.ts'),
  },
  {
    name: 'doctor',
    usage: '[--data DIR] [--site FILE] [--json]',
    summary: 'check ports, programs, disk, clock and limits; each finding names the next action',
    accepts: { flags: ['json'], values: ['data', 'site'] },
    setup: () => [], // it must work where the set-up does not
    load: () => import('./doctor.ts'),
  },
  {
    name: 'recordings',
    usage: 'list | export ID [...]',
    summary: 'list recordings, or decrypt one with the identity key',
    setup: () => forSite,
    load: () => import('./recordings.ts'),
  },
  {
    name: 'audit',
    usage: 'verify | list | prove ID | export --out FILE [...]',
    summary: 'check the audit log offline, show it, prove one entry, export all',
    setup: () => forTalking, // an auditor's machine needs no media worker
    load: () => import('./audit.ts'),
  },
  {
    name: 'anonymise',
    usage: '--jsonl',
    summary: 'find personal data in texts: {"id","text"} per line in; redacted text and offsets into the given one out',
    accepts: { flags: ['jsonl'] },
    setup: () => forTalking,
    load: () => import('./anonymise.ts'),
  },
  {
    name: 'cloud',
    usage: 'cut | heal | freeze | thaw | reconcile | egress … | quarantine … [--data DIR] [--json]',
    summary: 'stop, start or black-hole the stand-in cloud; count what left from both ends',
    accepts: { flags: ['json'], values: ['data', 'from', 'to', 'format', 'out', 'purpose', 'limit'], maxWords: 3 },
    setup: (args) => (args.includes('egress') || args.includes('quarantine') ? forSite : forTalking),
    load: () => import('./cloud.ts'),
  },
  {
    name: 'bench',
    usage: 'NAME [--json]',
    summary: 'measure one part; without a name, list them',
    setup: () => forTests,
    load: () => import('./bench.ts'),
  },
  {
    name: 'help',
    usage: '',
    summary: 'this page',
    accepts: {},
    setup: () => [],
    load: () => import('./help.ts'),
  },
];
