/** The arguments of the cloud's services, with every default in one place. All faults are named before anything is opened. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KeeplineError, messageOf } from '@keepline/contracts/errors';
import type { ChatOptions } from './providers/chat/chat-endpoint.ts';

const USAGE = `usage: ./keepline cloud up --servers URL[,URL] --site NAME[,NAME] --data DIR [--credentials FILE --reading-credentials FILE]
  [--services analytics,ai] [--instance NAME] [--engine sqlite|duckdb] [--listen HOST:PORT] [--token-file FILE] [--retention-skill SKILL]
  [--provider builtin|chat] [--advice-provider builtin|chat] [--ai-url URL --ai-model NAME] [--ai-key-env NAME | --ai-key-file FILE]
  [--ai-tokens-per-minute N] [--ai-tokens-per-day N] [--ai-connect-ms N] [--ai-first-token-ms N] [--ai-total-ms N]`;

export type ServiceName = 'analytics' | 'ai';
export type Engine = 'sqlite' | 'duckdb';
export type ProviderName = 'builtin' | 'chat';

export interface CloudServiceOptions {
  readonly servers: readonly string[];
  readonly sites: readonly string[];
  readonly data: string;
  readonly credentials: string | undefined;
  /** Of a user who reads the stream and answers nothing (`hub-rights.ts`); the stream is read with `credentials` when absent. */
  readonly readingCredentials: string | undefined;
  readonly services: readonly ServiceName[];
  /** '' for a single instance. */
  readonly instance: string;
  readonly engine: Engine;
  readonly listen: { readonly host: string; readonly port: number };
  readonly token: string | undefined;
  readonly retentionSkill: string;
  readonly provider: ProviderName;
  readonly adviceProvider: ProviderName;
  readonly chat: Omit<ChatOptions, 'clock' | 'random'> | undefined;
}

/** @throws KeeplineError ARGUMENT_MISSING, CLOUD_OPTION_INVALID */
export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): CloudServiceOptions {
  const text = { type: 'string' } as const;
  const { values } = parsed(args, {
    servers: text,
    site: text,
    data: text,
    credentials: text,
    'reading-credentials': text,
    services: { ...text, default: 'analytics,ai' },
    instance: { ...text, default: '' },
    engine: { ...text, default: 'sqlite' },
    listen: { ...text, default: '127.0.0.1:0' },
    'token-file': text,
    'retention-skill': { ...text, default: '' },
    provider: { ...text, default: 'builtin' },
    'advice-provider': { ...text, default: 'builtin' },
    'ai-url': text,
    'ai-model': text,
    'ai-key-env': text,
    'ai-key-file': text,
    'ai-tokens-per-minute': { ...text, default: '60000' },
    'ai-tokens-per-day': { ...text, default: '2000000' },
    'ai-connect-ms': { ...text, default: '3000' },
    'ai-first-token-ms': { ...text, default: '15000' },
    'ai-total-ms': { ...text, default: '55000' },
  });
  const given = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const must = (name: string): string => {
    const value = given(name);
    if (value === undefined || value === '')
      throw new KeeplineError('ARGUMENT_MISSING', `--${name} is needed`, { hint: USAGE, offending: name });
    return value;
  };
  const oneOf = <T extends string>(name: string, known: readonly T[]): T => {
    const found = known.find((word) => word === given(name));
    if (found === undefined) throw invalid(name, `one of ${known.join(', ')}`);
    return found;
  };
  const count = (name: string): number => {
    if (!/^[1-9]\d{0,9}$/.test(given(name) ?? '')) throw invalid(name, 'a whole number from 1');
    return Number(given(name));
  };
  const services = list(given('services') ?? '');
  const known: readonly ServiceName[] = ['analytics', 'ai'];
  const chosen = known.filter((name) => services.includes(name));
  if (chosen.length === 0 || chosen.length !== services.length) throw invalid('services', 'analytics, ai, or both with a comma');
  const instance = given('instance') ?? '';
  if (!/^[A-Za-z0-9_-]{0,32}$/.test(instance)) throw invalid('instance', 'up to 32 letters, digits, dashes and underscores');
  const provider = oneOf<ProviderName>('provider', ['builtin', 'chat']);
  const adviceProvider = oneOf<ProviderName>('advice-provider', ['builtin', 'chat']);
  const tokenFile = given('token-file');
  return {
    servers: list(must('servers')),
    sites: list(must('site')),
    data: must('data'),
    credentials: given('credentials'),
    readingCredentials: given('reading-credentials'),
    services: chosen,
    instance,
    engine: oneOf<Engine>('engine', ['sqlite', 'duckdb']),
    listen: address(given('listen') ?? ''),
    token: tokenFile === undefined ? undefined : secret(tokenFile, 'token-file'),
    retentionSkill: given('retention-skill') ?? '',
    provider,
    adviceProvider,
    chat:
      provider === 'builtin' && adviceProvider === 'builtin'
        ? undefined
        : {
            baseUrl: httpUrl(must('ai-url')),
            model: must('ai-model'),
            key: keyOf(given('ai-key-env'), given('ai-key-file'), env),
            budget: { perMinute: count('ai-tokens-per-minute'), perDay: count('ai-tokens-per-day') },
            limits: {
              connectMs: count('ai-connect-ms'),
              firstTokenMs: count('ai-first-token-ms'),
              totalMs: count('ai-total-ms'),
              maxBytes: 1_048_576,
            },
          },
  };
}

function parsed(args: readonly string[], options: Readonly<Record<string, { type: 'string'; default?: string }>>) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (cause) {
    throw new KeeplineError('CLOUD_OPTION_INVALID', messageOf(cause).split('. ')[0] ?? '', { hint: USAGE, cause });
  }
}

function list(text: string): string[] {
  return [...new Set(text.split(',').filter((word) => word !== ''))];
}

function address(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw invalid('listen', 'HOST:PORT; port 0 takes a free one');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw invalid('ai-url', 'an http or https address without a user in it');
  return text;
}

function keyOf(name: string | undefined, file: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  if (file !== undefined) return secret(file, 'ai-key-file');
  if (name === undefined) return '';
  const key = env[name];
  if (key === undefined || key === '') throw invalid('ai-key-env', 'the name of a variable that is set');
  return key;
}

/** The first line of a file; never shown. */
function secret(path: string, name: string): string {
  try {
    const [line = ''] = readFileSync(path, 'utf8').slice(0, 8192).split(/\r?\n/);
    if (line.trim() !== '') return line.trim();
  } catch {
    // refused below, like an empty one
  }
  throw invalid(name, 'a readable file with the secret in its first line');
}

function invalid(name: string, wanted: string): KeeplineError {
  return new KeeplineError('CLOUD_OPTION_INVALID', `the argument --${name} cannot be used`, {
    hint: `Give it as ${wanted}.`,
    offending: name,
  });
}
