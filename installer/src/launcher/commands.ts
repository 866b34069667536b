/** The list of commands: adding one is a file beside this and an entry here. */
import { forBrowserDemo, forCloud, forSite, forSiteAndCloud, forTalking, forTests, forUnitTests } from '../setup/steps.ts';
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
    name: 'users',
    usage: 'init | list | add | roles | disable | enable | unlock | reset | revoke [NAME] [...]',
    summary: 'make the first administrators; accounts, their roles and sessions',
    setup: () => forTalking,
    load: () => import('./users.ts'),
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
    usage: '--jsonl | policy show | check FILE | use FILE | history [--data DIR] [--lang zh|en] [--json]',
    summary: 'find personal data in texts, {"id","text"} per line; show or change what may leave the site',
    accepts: { flags: ['jsonl', 'json'], values: ['data', 'lang', 'purpose'], maxWords: 3 },
    setup: () => forTalking,
    load: () => import('./anonymise.ts'),
  },
  {
    name: 'cloud',
    usage:
      'cut | heal | freeze | thaw | reconcile | egress … | quarantine … | drill --minutes N | drill verify FILE | credentials show | credentials rotate [--file FILE] | up --servers URL --site NAME … | report [--question Q --by hour,queue,site] | rebuild | train [--data DIR] [--json]',
    summary: 'stop, start or black-hole the stand-in cloud; count what left from both ends; rehearse an outage; renew the credentials',
    accepts: {
      flags: ['json', 'stop'],
      values: [
        ...['data', 'file', 'minutes', 'seconds', 'out', 'purpose', 'verifier', 'from', 'to', 'format', 'limit'],
        ...['servers', 'site', 'credentials', 'services', 'instance', 'engine', 'listen', 'token-file', 'retention-skill'],
        ...['provider', 'advice-provider', 'ai-url', 'ai-model', 'ai-key-env', 'ai-key-file', 'ai-tokens-per-minute', 'ai-tokens-per-day'],
        ...['ai-connect-ms', 'ai-first-token-ms', 'ai-total-ms', 'question', 'by', 'threshold', 'short'],
      ],
      maxWords: 3,
    },
    setup: ([verb = '']) => (verb === 'egress' || verb === 'quarantine' ? forSite : verb === 'up' ? forCloud : forTalking),
    load: () => import('./cloud.ts'),
  },
  {
    name: 'downlink',
    usage: 'list | show ID | approve ID | reject ID --reason TEXT | rollback KIND [...]',
    summary: 'what the cloud proposes to this site: look, approve, reject, take back',
    setup: () => forTalking,
    load: () => import('./downlink.ts'),
  },
  {
    name: 'bundle',
    usage: '[--out FILE] [--key FILE] | verify FILE --pub KEY',
    summary: 'pack this commit into one signed file that installs without a network; check such a file',
    accepts: { values: ['out', 'key', 'pub'], maxWords: 2 },
    setup: ([verb = '']) => (verb === 'verify' ? [] : forSiteAndCloud),
    load: () => import('./bundle.ts'),
  },
  {
    name: 'preflight',
    usage: '[--site FILE] [--data DIR] [--lang zh|en] [--json]',
    summary: 'is this machine fit for a site: CPU, memory, disk, kernel, libraries, names, certificate',
    accepts: { flags: ['json'], values: ['site', 'data', 'lang'] },
    setup: () => forTalking,
    load: () => import('./preflight.ts'),
  },
  {
    name: 'install',
    usage: '[--site FILE] [--dry-run] [--json]',
    summary: 'from an unpacked bundle: users, folders, services of this version; changes only what is not so yet',
    accepts: { flags: ['dry-run', 'json'], values: ['site'] },
    setup: () => [], // a bundle carries it all
    load: () => import('./install.ts'),
  },
  {
    name: 'uninstall',
    usage: '[--purge] [--dry-run] [--json]',
    summary: 'take the services away and leave the data; --purge destroys the keys and the data',
    accepts: { flags: ['purge', 'dry-run', 'json'] },
    setup: () => [],
    load: () => import('./uninstall.ts'),
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
