/**
 * Hands what a caller keyed to the one HTTPS address the site named for it, and brings back a yes or a no. The keys are in no message, log, error
 * or event of ours; one connection each, nothing is tried twice.
 */
import { request } from 'node:https';
import type { SiteConfig } from '@keepline/contracts/site-config';

export type SecretHook = SiteConfig['secretHooks'][number];
export type HookAnswer = 'accepted' | 'refused' | 'unavailable';

/** How long a caller may wait in silence for the answer, ms. */
const ANSWER_WITHIN_MS = 5_000;
/** A yes or a no is shorter. */
const ANSWER_MAX_BYTES = 4_096;

/** Never rejects: whatever is no answer is `unavailable`. @param authority PEM that certifies the hook; undefined trusts the system's */
export function askHook(hook: Pick<SecretHook, 'url'>, authority: Buffer | undefined, body: object): Promise<HookAnswer> {
  const { promise, resolve } = Promise.withResolvers<HookAnswer>();
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const asked = request(hook.url, {
    method: 'POST',
    headers,
    signal,
    agent: false,
    minVersion: 'TLSv1.2',
    ...(authority && { ca: authority }),
  });
  asked.on('error', () => resolve('unavailable'));
  asked.on('response', (response) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > ANSWER_MAX_BYTES) response.destroy();
      else parts.push(part);
    });
    response.on('error', () => resolve('unavailable'));
    response.on('close', () => resolve(response.statusCode === 200 && response.complete ? answerIn(Buffer.concat(parts)) : 'unavailable'));
  });
  asked.end(text);
  return promise;
}

function answerIn(bytes: Buffer): HookAnswer {
  try {
    const answer: unknown = JSON.parse(bytes.toString('utf8'));
    const accepted = typeof answer === 'object' && answer !== null && 'accepted' in answer ? answer.accepted : undefined;
    return accepted === true ? 'accepted' : accepted === false ? 'refused' : 'unavailable';
  } catch {
    return 'unavailable';
  }
}
