/**
 * Who may import whom, and the other laws a reader relies on. A fault names the file and the way out. Changing a table is a decision:
 * write an ADR with it.
 */
import { AUDIT_ACTS } from '@keepline/contracts/audit-acts';
import { describe, expect, it } from 'vitest';
import { folderOf, packageOf, productFiles, type Package, type SourceFile, sourceFiles, target } from './source-files.ts';

/** Package → packages it may import (through their `exports`). */
const packageMayImport: Readonly<Record<Package, readonly string[]>> = {
  contracts: [],
  compliance: ['contracts'],
  'cloud-sync': ['contracts'], // never `compliance` or `gateway`: the process with the cloud connection holds no raw data and no keys
  gateway: ['contracts', 'compliance', 'cloud-sync'],
  'admin-ui': ['contracts'],
  // `compliance` for the seed of the site's cloud user: who starts cloud-sync takes it out of the key store, which cloud-sync never opens.
  installer: ['contracts', 'compliance', 'cloud-sync'],
  testkit: ['contracts', 'cloud-sync'], // never the SIP stack under test: a second opinion, not an echo
};

/** Folder → folders of its package it may import. Reading down follows a call from the wire to the door. A package's `main.ts` may all. */
const folderMayImport: Readonly<Record<string, readonly string[]>> = {
  'compliance/tlog': [],
  'compliance/audit': ['tlog'],
  'compliance/witness': ['tlog', 'audit', 'keys'], // keys: a witness follows the handovers of a log's key
  'compliance/siem': ['tlog', 'audit'],
  'compliance/anonymise': [],
  // Trains the tagger of names on the features that tagging reads, so that the two cannot differ.
  'compliance/scripts': ['anonymise'],
  // Control entries and judgements read the log they are proven by; a report has no notion of what it shows.
  'compliance/mlps': ['audit', 'tlog', 'report'],
  'compliance/report': ['tlog'],
  'compliance/keys': ['tlog'],
  'compliance/retention': ['tlog'],

  'cloud-sync/sqlite': [],
  'cloud-sync/egress': [],
  'cloud-sync/outbox': ['sqlite'],
  'cloud-sync/link': [],
  'cloud-sync/nats': [],
  'cloud-sync/relay': ['egress', 'outbox', 'link', 'nats'],
  'cloud-sync/advice': ['egress', 'link', 'nats'],
  'cloud-sync/ai': ['egress', 'nats', 'advice'], // desks ask with the breaker of advice
  'cloud-sync/downlink': ['sqlite'],
  'cloud-sync/socket': ['outbox', 'link', 'relay', 'advice', 'ai', 'downlink'],
  'cloud-sync/cloud': ['sqlite', 'outbox', 'link', 'nats'],

  'gateway/sip': [],
  'gateway/sdp': [],
  'gateway/store': [],
  'gateway/certificate': [],
  'gateway/media': ['sdp'],
  'gateway/calls': [],
  // Who a peer is and where a call may go: needs the stack, and legs ask it, so it is neither.
  'gateway/trunks': ['sip'],
  // Where the phones are: durable bindings, so beside the stack and not inside it.
  'gateway/registrar': ['sip', 'store'],
  'gateway/legs': ['sip', 'sdp', 'media', 'calls', 'trunks', 'registrar'],
  // Streams of another exchange, to be recorded: has legs as a call has, and a vocabulary of its own.
  'gateway/siprec': ['sip', 'sdp', 'media', 'calls', 'trunks', 'legs'],
  'gateway/ivr': ['calls', 'store'],
  'gateway/routing': ['calls'],
  'gateway/recording': ['calls', 'media', 'store'],
  // What is kept how long: over recordings and the customer data beside them.
  'gateway/retention': ['recording', 'store', 'audit'],
  // Copies what the store and every other part left on the disk; knows their file names and none of their code (ADR 0017).
  'gateway/backup': ['store'],
  // Copies a data folder page by page: the same list of files as a backup, the same connections (ADR 0019); its figures look like those of media.
  'gateway/pair': ['backup', 'store', 'media'],
  'gateway/events': ['store'],
  'gateway/cloud-link': ['calls', 'routing'],
  'gateway/downlink': ['ivr', 'store', 'cloud-link'],
  // What is owed to whom: a list over the database, without a call; it is told how each went.
  'gateway/callback': ['store', 'events'],
  'gateway/journeys': ['calls', 'ivr', 'routing', 'recording', 'events', 'store'],
  'gateway/audit': [],
  // What stands and who is told: over the database only, so that it works while parts do not.
  'gateway/alarms': ['store'],
  'gateway/identity': ['store', 'audit'],
  'gateway/agents': ['calls', 'legs', 'routing', 'store', 'audit', 'identity'],
  // Looks at the site from outside, beside it or within: tables, files, sockets. Never asks the parts what they think of themselves.
  'gateway/evidence': ['store', 'identity', 'backup'],
  'gateway/api': ['certificate', 'calls', 'routing', 'recording', 'journeys', 'agents', 'identity', 'store', 'audit'],

  // Parts of main.ts, which must stay short: they wire and decide nothing.
  'gateway/house': [
    ...[
      'store',
      'certificate',
      'sip',
      'trunks',
      'registrar',
      'sdp',
      'media',
      'calls',
      'legs',
      'siprec',
      'ivr',
      'routing',
      'recording',
      'retention',
    ],
    ...['events', 'cloud-link', 'downlink', 'journeys', 'callback', 'audit', 'identity', 'agents', 'api', 'alarms', 'evidence'],
  ],

  'admin-ui/ui': [],
  'admin-ui/server': [],
  'admin-ui/features': ['ui', 'server'],
  'admin-ui/app': ['ui', 'server', 'features'],

  'installer/setup': [],
  'installer/checks': [],
  'installer/up': [],
  'installer/bundle': ['setup'],
  'installer/preflight': [],
  'installer/install': ['bundle'],
  'installer/upgrade': ['bundle', 'install'],
  'installer/doctor': ['setup', 'up'],
  'installer/launcher': ['setup', 'checks', 'up', 'doctor', 'bundle', 'preflight', 'install', 'upgrade'],
};

/** npm package (a prefix) → the only product files that may know it. */
const onlyIn: readonly { readonly what: string; readonly may: RegExp; readonly instead: string }[] = [
  { what: '@nats-io/', may: /^cloud-sync\/src\/(nats|cloud)\//, instead: 'go through cloud-sync/src/nats' },
  {
    what: 'mediasoup',
    may: /^gateway\/src\/media\/(media-worker|worker-pool|browser-endpoint|desk-endpoint|desk-parameters)\.ts$|^installer\/src\/setup\/media-worker\.ts$/,
    instead: 'go through gateway/src/media',
  },
  { what: 'sqlite3', may: /^(gateway\/src\/store|cloud-sync\/src\/sqlite)\//, instead: 'go through the store of the package' },
  {
    what: 'fastify',
    may: /^(gateway\/src\/api|cloud-sync\/src\/(socket|cloud\/door))\//,
    instead: 'doors belong to the api, socket or door folder',
  },
  { what: '@duckdb/', may: /^cloud-sync\/src\/cloud\/analytics\/duckdb-store\.ts$/, instead: 'go through the fact store' },
  { what: 'age-encryption', may: /^compliance\/src\/keys\//, instead: 'go through @keepline/compliance/age' },
];

const files = (check: (file: SourceFile) => string | undefined, of = productFiles): string[] => of.flatMap((file) => check(file) ?? []);
const imports = (check: (file: SourceFile, from: string) => string | undefined, of = productFiles): string[] =>
  of.flatMap((file) => file.imports.flatMap(({ from }) => check(file, from) ?? []));

describe('who may import whom', () => {
  it('a package imports only those below it, and only through their exports', () => {
    const faults = imports((file, from) => {
      const own = packageOf(file.path);
      const path = target(file, from);
      const other = path === undefined ? /^@keepline\/([^/]+)/.exec(from)?.[1] : packageOf(path);
      if (own === undefined || other === undefined || own === other) return undefined;
      if (path !== undefined && file.path !== 'installer/src/before-packages.ts')
        return `${file.path} reaches into ${path}: import @keepline/${other}/…`;
      const allowed: readonly string[] = packageMayImport[own];
      return allowed.includes(other)
        ? undefined
        : `${file.path} imports ${from}, ${own} may import only ${allowed.join(', ') || 'nothing'}: move what both need down`;
    });
    expect(faults).toEqual([]);
  });

  it('a folder imports only those above it in the table', () => {
    const faults = imports((file, from) => {
      const path = target(file, from);
      const own = folderOf(file.path);
      const other = path === undefined ? undefined : folderOf(path);
      if (own === undefined || other === undefined || own === other || !own.includes('/')) return undefined; // `main.ts` knows all
      if (packageOf(file.path) !== packageOf(path ?? '') || !(own in folderMayImport)) return undefined;
      if (!other.includes('/'))
        return own.startsWith('installer/') ? undefined : `${file.path} imports ${path}: nothing imports the top of its package`;
      const allowed = folderMayImport[own] ?? [];
      const name = other.split('/')[1] ?? '';
      return allowed.includes(name)
        ? undefined
        : `${file.path} imports ${path}: ${own} may import only ${allowed.join(', ') || 'nothing'}; ask for an interface declared in your own file`;
    });
    expect(faults).toEqual([]);
  });

  it('every folder of the listed packages has its row in the table', () => {
    const seen = new Set(productFiles.map(({ path }) => folderOf(path)).filter((folder) => folder?.includes('/') === true));
    const held = [...seen].filter((folder) => /^(compliance|cloud-sync|gateway|installer)\//.test(folder ?? ''));
    expect(held.filter((folder) => folder !== undefined && !(folder in folderMayImport))).toEqual([]);
  });

  it('features of the desk never import each other', () => {
    const feature = (path: string): string | undefined => /^admin-ui\/src\/features\/([^/]+)\//.exec(path)?.[1];
    const faults = imports((file, from) => {
      const own = feature(file.path);
      const other = feature(target(file, from) ?? '');
      return own === undefined || other === undefined || own === other
        ? undefined
        : `${file.path} imports ${from}: lift what both need to ui or server`;
    });
    expect(faults).toEqual([]);
  });

  it('files do not import each other in circles when they are loaded (types and what is loaded later aside)', () => {
    const graph = new Map(
      productFiles.map((file) => [
        file.path,
        file.imports.filter(({ kind }) => kind === 'value').flatMap(({ from }) => target(file, from) ?? []),
      ]),
    );
    const done = new Set<string>();
    const faults: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) faults.push(`${[...trail.slice(trail.indexOf(path)), path].join(' → ')}: import the type only, or move it`);
      if (trail.includes(path) || done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(faults).toEqual([]);
  });

  it('the libraries of one folder are known to no other', () => {
    const faults = imports((file, from) => {
      const rule = onlyIn.find(({ what }) => from === what || from.startsWith(what.endsWith('/') ? what : `${what}/`));
      return rule === undefined || rule.may.test(file.path) ? undefined : `${file.path} imports ${from}: ${rule.instead}`;
    });
    expect(faults).toEqual([]);
  });

  it('product code never imports the test kit or the test tools', () => {
    const faults = imports((file, from) =>
      /^(@keepline\/testkit|vitest|fast-check)/.test(from) ? `${file.path} imports ${from}: put it into a testing/ folder` : undefined,
    );
    expect(faults).toEqual([]);
  });

  it('the test kit does not know the SIP stack it tests', () => {
    const kit = sourceFiles.filter(({ path }) => path.startsWith('testkit/'));
    expect(
      imports(
        (file, from) =>
          /gateway\/src\/(sip|sdp|media)|@keepline\/gateway/.test(target(file, from) ?? from) ? `${file.path} imports ${from}` : undefined,
        kit,
      ),
    ).toEqual([]);
  });
});

describe('laws', () => {
  it('personal data is declared anonymised in one place only', () => {
    const faults = files(({ path, text }) => (/\bas\s+(unknown\s+as\s+)?Anonymised\b/.test(text) ? path : undefined));
    expect(faults, 'only the anonymiser may cast: call anonymise() instead').toEqual(['compliance/src/anonymise/anonymise.ts']);
  });

  it('names say what a thing is', () => {
    const empty = /(^|\/)(index\.tsx?|utils?|helpers?|common|shared|misc|lib|core)(\.tsx?|\/|$)/;
    const faults = [
      ...files(({ path }) => (empty.test(path) ? `${path}: name the noun` : undefined), sourceFiles),
      ...files(({ path, text }) => {
        const name = /\b(?:class|interface)\s+(\w*(?:Manager|Impl|Helper|Util))\b/.exec(text)?.[1];
        return name === undefined ? undefined : `${path} declares ${name}: say what it does`;
      }, sourceFiles),
    ];
    expect(faults).toEqual([]);
  });

  it('a file that calls itself pure in its header knows no clock, dice, environment, disk or socket', () => {
    const impure = /\b(Date\.now|new Date\(\)|Math\.random|process\.env|performance\.now|setTimeout|setInterval|randomBytes|randomUUID)\b/;
    const outside = /^node:(fs|net|dgram|http|https|tls|child_process|worker_threads|os)(\/|$)/;
    const pure = productFiles.filter(({ text }) => /^(#!.*\n)?\/\*\*(?:(?!\*\/)[^])*?\b[Pp]ure\b/.test(text));
    const faults = [
      ...files(
        ({ path, text }) => (impure.test(text) ? `${path} uses ${impure.exec(text)?.[0]}: take it as an argument` : undefined),
        pure,
      ),
      ...imports((file, from) => (outside.test(from) ? `${file.path} imports ${from}: move the deed to a shell` : undefined), pure),
    ];
    expect(faults).toEqual([]);
    expect(pure.length).toBeGreaterThan(20); // else the headers, or this pattern, have changed
  });

  it('a file has at most 300 lines, and gateway/src/main.ts only wires, under 150', () => {
    const faults = files(({ path, text }) => {
      const lines = text.split('\n').length - 1;
      const limit = path === 'gateway/src/main.ts' ? 149 : 300;
      return lines > limit ? `${path} has ${lines} lines, ${limit} are allowed: find the second noun in it` : undefined;
    });
    expect(faults).toEqual([]);
  });

  it('an act stands once in the list of audited acts, and something in the product does it', () => {
    // What only declares, judges, reports or shows an act does not do it.
    const doers = productFiles.filter(
      ({ path }) => !/^(contracts|admin-ui)\/|launcher\/sensitivity|mlps\/(judges\/|activity-report|audit-facts)/.test(path),
    );
    expect(AUDIT_ACTS.filter((act, i) => AUDIT_ACTS.indexOf(act) !== i)).toEqual([]);
    expect(AUDIT_ACTS.filter((act) => !doers.some(({ text }) => text.includes(`'${act}'`)))).toEqual([]);
  });

  it('every product file opens with a comment on what it is', () => {
    expect(files(({ path, text }) => (/^(#!.*\n)?\/\*\*/.test(text) || /\.config\.ts$|vite-env/.test(path) ? undefined : path))).toEqual(
      [],
    );
  });
});
