/**
 * `./keepline users …`: the first-run ceremony and what an operator at the console does to accounts, beside a running gateway or without
 * one. Each act is audited as done by the user of the system; a running gateway takes it up within 15 s.
 */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { databaseOf, openSiteConsole } from '@keepline/compliance/console';
import { systemClock as clock } from '@keepline/contracts/clock';
import { endWith } from '@keepline/contracts/command-end';
import { ADMINISTRATORS, conflictIn, isRole, ROLE_FACTS } from '@keepline/contracts/roles';
import { readSiteOf } from '@keepline/contracts/site-file';
import { audited } from './audit/audited.ts';
import { Accounts, type Enrolment } from './identity/accounts.ts';
import { Credentials } from './identity/credentials.ts';
import { Directory } from './identity/directory.ts';
import { RolesConflict } from './identity/errors.ts';
import { FactorStore } from './identity/factor-store.ts';
import { passwordPolicyOf } from './identity/identity.ts';
import { LockStore } from './identity/lock-store.ts';
import { SessionTable } from './identity/session-table.ts';
import { Store } from './store/store.ts';
import { allTables } from './store/tables/all.ts';

const USAGE = `usage: ./keepline users init [--names SYSTEM,SECURITY,AUDIT] [--data DIR] [--site FILE] [--json]
       ./keepline users list [--data DIR] [--site FILE] [--json]
       ./keepline users add NAME [--name TEXT] [--roles A,B] [--person NAME]
       ./keepline users person NAME [--person NAME]
       ./keepline users roles NAME [--roles A,B]
       ./keepline users disable | enable | unlock | reset | revoke NAME

  init    makes the three administrators, one enrolment code each; shown once
  reset   takes password, second factors and sessions away; a new code
  revoke  ends all sessions
  person  whose further account it is: two accounts of one person never make four eyes`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const HOUR_MS = 3_600_000;

interface Office {
  readonly accounts: Accounts;
  readonly actor: { readonly who: string; readonly role: string; readonly from: string };
  close(): Promise<void>;
}

async function open(data: string, siteFile: string | undefined): Promise<Office> {
  const path = databaseOf(data);
  const site = readSiteOf(data, siteFile);
  const { log, actor, close } = await openSiteConsole(data);
  const store = await Store.open(path, allTables);
  const directory = await Directory.open({ store, clock, agents: site.agents });
  const locks = new LockStore({ store, clock });
  const held = await locks.load(site.identity.lockMinutes * 60_000);
  const isLocked = ({ id }: { readonly id: string }): boolean => (held.get(id)?.lockedUntilMs ?? 0) > clock.monotonicMs();
  const accounts = new Accounts({
    directory,
    credentials: new Credentials({ store, clock, policy: passwordPolicyOf(site.identity) }),
    factors: new FactorStore({ store, clock }),
    sessions: await SessionTable.read(store, directory),
    locks: { isLocked, unlock: (user) => locks.save(user, undefined) },
    audited: (act, context, run) => audited(log, act, context, run),
    clock,
    enrolmentLifeMs: site.identity.enrolmentHours * HOUR_MS,
  });
  return {
    ...{ accounts, actor },
    async close() {
      await store.close();
      await close();
    },
  };
}

async function askNames(): Promise<string[]> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const names: string[] = [];
    for (const role of ADMINISTRATORS) names.push((await terminal.question(`${ROLE_FACTS[role].en} ${ROLE_FACTS[role].zh}: `)).trim());
    return names;
  } finally {
    terminal.close();
  }
}

function show(made: readonly Enrolment[], json: boolean): void {
  if (json) return console.log(JSON.stringify(made));
  for (const { user, code } of made) console.log(`${user.padEnd(24)}${code}`);
  console.log('\nOne-time codes, shown once. Hand each to its owner, who signs in with it and sets a password.');
}

interface Wish {
  readonly command: string;
  readonly user: string;
  readonly name: string | undefined;
  readonly names: string | undefined;
  readonly roles: string | undefined;
  readonly person: string;
  readonly json: boolean;
}

async function run({ accounts, actor }: Office, { command, user, name, names, roles, person, json }: Wish): Promise<void> {
  const wanted = (roles ?? '').split(',').filter(isRole);
  if (command === 'init') {
    const [system = '', security = '', audit = ''] = names?.split(',') ?? (await askNames());
    return show(await accounts.init(actor, [system, security, audit]), json);
  }
  if (command === 'list') {
    const all = await accounts.list(actor);
    if (json) return console.log(JSON.stringify(all));
    for (const each of all) {
      const marks = [each.isDisabled ? 'disabled' : '', each.isLocked ? 'locked' : '', each.hasFactor ? 'second factor' : ''];
      console.log(`${each.id.padEnd(24)}${each.roles.join(',').padEnd(32)}${marks.filter(Boolean).join(', ')}`);
    }
    return;
  }
  if (command === 'add') {
    const conflict = conflictIn(wanted); // before anything is made: a code that was never shown helps nobody
    if (conflict) throw new RolesConflict(...conflict);
    const made = await accounts.create(actor, user, name ?? user, person);
    if (wanted.length > 0) await accounts.setRoles(actor, user, wanted);
    return show([made], json);
  }
  if (command === 'reset') return show([await accounts.reset(actor, user)], json);
  if (command === 'roles') await accounts.setRoles(actor, user, wanted);
  if (command === 'disable' || command === 'enable') await accounts.setDisabled(actor, user, command === 'disable');
  if (command === 'person') await accounts.setPerson(actor, user, person);
  if (command === 'unlock') await accounts.unlock(actor, user);
  if (command === 'revoke') await accounts.endSessionsOf(actor, user);
  console.log(json ? JSON.stringify({ user, done: command }) : `${command}: ${user}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      site: { type: 'string' },
      names: { type: 'string' },
      name: { type: 'string' },
      roles: { type: 'string' },
      person: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command = '', user = ''] = positionals;
  const isAlone = command === 'init' || command === 'list';
  const isOnOne = ['add', 'roles', 'person', 'disable', 'enable', 'unlock', 'reset', 'revoke'].includes(command) && user !== '';
  const areRoles = (values.roles ?? '').split(',').every((role) => role === '' || isRole(role));
  if (values.help || !(isAlone || isOnOne) || !areRoles) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const office = await open(resolve(values.data ?? ROOT_DATA), values.site);
  try {
    await run(office, {
      command,
      user,
      name: values.name,
      names: values.names,
      roles: values.roles,
      person: values.person,
      json: values.json,
    });
  } finally {
    await office.close();
  }
  return 0;
}

await endWith(main, USAGE);
