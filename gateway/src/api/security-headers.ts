/**
 * What every reply tells the browser to refuse: anything not from this site, anything inline without the nonce of this very reply.
 */
import type { ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { FastifyHelmetOptions } from '@fastify/helmet';

const nonces = new WeakMap<object, string>();

/** One nonce per reply for scripts and styles; the desk hands it to its style engine. */
export function nonceOf(reply: ServerResponse): string {
  const known = nonces.get(reply);
  if (known !== undefined) return known;
  const nonce = randomBytes(16).toString('base64url');
  nonces.set(reply, nonce);
  return nonce;
}

/** @param hsts tell browsers to use HTTPS only from now on (docs/adr/0003-site-certificate.md says when) */
export function helmetOptions(hsts: boolean): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", (_request, reply) => `'nonce-${nonceOf(reply)}'`],
        styleSrc: ["'self'", (_request, reply) => `'nonce-${nonceOf(reply)}'`],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: hsts ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  };
}

/** Nothing but the microphone, and that only for our own pages. */
export const PERMISSIONS_POLICY = 'microphone=(self), camera=(), geolocation=(), display-capture=(), usb=(), payment=()';
