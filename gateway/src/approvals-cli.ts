/**
 * `./keepline approvals list | request | approve | refuse`: four eyes from the command line. It comes in by the same door as the pages,
 * signed in as an account with its second factor: at a console a user of the system is nobody's second person.
 */
import { existsSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isApprovalAct } from '@keepline/contracts/approvals';
import { endWith } from '@keepline/contracts/command-end';
import { KeeplineError } from '@keepline/contracts/errors';
import { readSiteFile } from '@keepline/contracts/site-file';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { askSecrets } from './identity/ask-secrets.ts';

const USAGE = `usage: ./keepline approvals list --as ACCOUNT [--json]
       ./keepline approvals request ACT --object ID [--params JSON] --purpose TEXT [--hours N] --as ACCOUNT
       ./keepline approvals approve ID --as ACCOUNT [--reason TEXT]
       ./keepline approvals refuse ID --reason TEXT --as ACCOUNT
       each with [--data DIR] [--site FILE] [--url http://127.0.0.1:PORT] [--json]

  asks for the password and the code of the second factor (an empty line where there is none); from a pipe, one line each.
  The session ends with the command; where one session per person is allowed, an open page of this account ends too.`;
const ROOT_DATA = fileURLToPath(new URL('../../var', import.meta.url));
const TIMEOUT_MS = 20_000;

const Fault = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }) });
const Signed = Type.Object({ stage: Type.String() });
const Shown = Type.Object({
  id: Type.String(),
  act: Type.String(),
  object: Type.String(),
  params: Type.String(),
  purpose: Type.String(),
  requestedBy: Type.String(),
  expiresAtMs: Type.Number(),
  state: Type.String(),
  decidedBy: Type.String(),
});
const List = Type.Array(Shown);

interface Reply {
  readonly body: unknown;
  readonly cookie: string;
}

function ask(base: string, method: string, path: string, cookie: string, body?: unknown): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { 'x-keepline': 'desk', cookie, ...(text === undefined ? {} : { 'content-type': 'application/json' }) };
  return new Promise((done, reject) => {
    const going = httpRequest(new URL(path, base), { method, headers, timeout: TIMEOUT_MS }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const said = Buffer.concat(chunks).toString('utf8');
        const found: unknown = said === '' ? undefined : JSON.parse(said);
        if (Value.Check(Fault, found)) reject(new KeeplineError(found.error.code, found.error.message, { hint: found.error.hint }));
        else done({ body: found, cookie: (incoming.headers['set-cookie']?.[0] ?? '').split(';', 1)[0] ?? '' });
      });
    });
    going.on('timeout', () => going.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    going.on('error', (cause) =>
      reject(
        new KeeplineError('GATEWAY_UNREACHABLE', `the gateway does not answer at ${base}`, {
          hint: 'See whether it runs: ./keepline status; name its door with --url.',
          offending: base,
          cause,
        }),
      ),
    );
    going.end(text);
  });
}

/** An open session of this account. @throws KeeplineError as the door refuses */
async function signIn(base: string, agent: string): Promise<string> {
  const [password = '', code = ''] = await askSecrets(['password', 'second factor']);
  const { body, cookie } = await ask(base, 'POST', '/api/sign-in', '', { agent, password });
  if (Value.Parse(Signed, body).stage !== 'second_factor') return cookie;
  const proof = /^\d{6}$/.test(code) ? { totp: code } : { recoveryCode: code };
  await ask(base, 'POST', '/api/session/second-factor', cookie, proof);
  return cookie;
}

function tell(found: unknown, json: boolean): void {
  if (json) return console.log(JSON.stringify(found));
  for (const one of Value.Check(List, found) ? found : [Value.Parse(Shown, found)]) {
    const until = new Date(one.expiresAtMs).toISOString().slice(0, 16).replace('T', ' ');
    console.log(`${one.id}  ${one.state.padEnd(9)}${one.act.padEnd(18)}${one.object}  ${one.params}`);
    console.log(
      `    ${one.requestedBy}: ${one.purpose}  (until ${until} UTC${one.decidedBy === '' ? '' : `, decided by ${one.decidedBy}`})`,
    );
  }
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ as: text, object: text, purpose: text, reason: text, url: text, data: text, site: text },
      params: { type: 'string', default: '{}' },
      hours: { type: 'string', default: '24' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [verb = '', word = '', ...more] = positionals;
  const { object = '', purpose = '', reason = '', as: account = '' } = values;
  const body = { act: word, object, params: JSON.parse(values.params) as unknown, purpose, hours: Number(values.hours) };
  const requests: Readonly<Record<string, readonly [boolean, string, string, unknown?]>> = {
    list: [word === '', 'GET', '/api/approvals'],
    request: [isApprovalAct(word) && object !== '' && purpose !== '', 'POST', '/api/approvals', body],
    approve: [word !== '', 'POST', `/api/approvals/${encodeURIComponent(word)}/approve`, { reason }],
    refuse: [word !== '' && reason !== '', 'POST', `/api/approvals/${encodeURIComponent(word)}/refuse`, { reason }],
  };
  const [isWhole, method = '', path = '', sent] = requests[verb] ?? [];
  if (values.help || isWhole !== true || account === '' || more.length > 0) {
    (values.help ? console.log : console.error)(USAGE);
    return values.help ? 0 : 2;
  }
  const beside = join(resolve(values.data ?? ROOT_DATA), 'site.yaml');
  const base = values.url ?? `http://127.0.0.1:${readSiteFile(values.site ?? (existsSync(beside) ? beside : undefined)).web.httpPort}`;
  const cookie = await signIn(base, account);
  try {
    tell((await ask(base, method, path, cookie, sent)).body, values.json);
  } finally {
    await ask(base, 'POST', '/api/sign-out', cookie).catch(() => undefined); // it ends by itself too
  }
  return 0;
}

await endWith(main, USAGE);
