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

/** @throws GatewayRefused | GatewayUnreachable | GatewayReplyInvalid */
export async function putJson(path: string, body: unknown): Promise<unknown> {
  return exchange(path, { method: 'PUT', headers: { ...GUARD, 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** @throws GatewayRefused | GatewayUnreachable | GatewayReplyInvalid */
export async function deleteJson(path: string): Promise<unknown> {
  return exchange(path, { method: 'DELETE', headers: GUARD });
}

/** A file for the person at the screen, byte for byte. @throws GatewayRefused | GatewayUnreachable | GatewayReplyInvalid */
export async function getFile(path: string): Promise<ArrayBuffer> {
  const { response, bytes } = await send(path, { method: 'GET' });
  if (response.ok) return bytes;
  throw refusalOf(parse(textOf(bytes)), response.status) ?? new GatewayReplyInvalid(path, response.status);
}

async function exchange(path: string, request: RequestInit): Promise<unknown> {
  const { response, bytes } = await send(path, request);
  const body = parse(textOf(bytes));
  if (response.ok) {
    if (body === invalid) throw new GatewayReplyInvalid(path, response.status);
    return body;
  }
  throw refusalOf(body, response.status) ?? new GatewayReplyInvalid(path, response.status);
}

async function send(path: string, request: RequestInit): Promise<{ readonly response: Response; readonly bytes: ArrayBuffer }> {
  try {
    const response = await fetch(path, {
      ...request,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
    });
    return { response, bytes: await response.arrayBuffer() };
  } catch (cause) {
    throw new GatewayUnreachable(path, cause);
  }
}

const textOf = (bytes: ArrayBuffer): string => new TextDecoder().decode(bytes);
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

/**
 * The parse boundary of replies whose schema the gateway enforces on itself (contracts/src/workbench.ts): the outer shape is looked at, so that a
 * gateway of another version is told as such and not as a fault of a page.
 * @throws GatewayReplyInvalid
 */
export function replyWith<T extends object>(path: string, body: unknown, ...keys: readonly (keyof T & string)[]): T {
  if (!isRecord(body) || keys.some((key) => !(key in body))) throw new GatewayReplyInvalid(path, 200);
  return body as T;
}

/** The same for a list. @throws GatewayReplyInvalid */
export function listOf<T extends object>(path: string, body: unknown, ...keys: readonly (keyof T & string)[]): readonly T[] {
  if (!Array.isArray(body)) throw new GatewayReplyInvalid(path, 200);
  return body.map((each: unknown) => replyWith<T>(path, each, ...keys));
}
