/**
 * HTTP to the gateway, same origin, cookie session. Every request ends within 15 s, and every state-changing one carries the header
 * that a foreign page cannot add without the gateway's consent.
 */
import { GatewayRefused, GatewayReplyInvalid, GatewayUnreachable } from './errors.ts';

export const HTTP_TIMEOUT_MS = 15_000;
/** Against cross-site request forgery: a custom header forces a preflight, which the gateway never grants. */
const GUARD = { 'x-keepline': 'desk' };

/** @throws GatewayRefused | GatewayUnreachable | GatewayReplyInvalid */
export async function getJson(path: string): Promise<unknown> {
  return exchange(path, { method: 'GET' });
}

/** @throws GatewayRefused | GatewayUnreachable | GatewayReplyInvalid */
export async function postJson(path: string, body?: unknown): Promise<unknown> {
  const headers = body === undefined ? GUARD : { ...GUARD, 'content-type': 'application/json' };
  return exchange(path, { method: 'POST', headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

async function exchange(path: string, request: RequestInit): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      ...request,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new GatewayUnreachable(path, cause);
  }
  const body = parse(text);
  if (response.ok) {
    if (body === invalid) throw new GatewayReplyInvalid(path, response.status);
    return body;
  }
  throw refusalOf(body, response.status) ?? new GatewayReplyInvalid(path, response.status);
}

const invalid = Symbol('invalid');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return invalid;
  }
}

/** Reads `{ error: { code, message, hint } }`. */
export function refusalOf(body: unknown, status: number): GatewayRefused | undefined {
  if (!isRecord(body) || !isRecord(body.error)) return undefined;
  const { code, message, hint } = body.error;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  return new GatewayRefused(code, message, typeof hint === 'string' ? hint : '', status);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
