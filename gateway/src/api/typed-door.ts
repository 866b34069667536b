/**
 * The type of the application that routes are put on, and what each route must say about itself.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Sensitivity } from '@keepline/contracts/audit-acts';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Actor } from '../identity/identity-store.ts';
import type { Session } from '../identity/sessions.ts';
import type { Access, Caller } from './authorise.ts';
import { SignInNeeded } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The act this route is, or `false`: a `config` without it does not compile, and a route without `config` stops the start. */
    sensitive: Sensitivity;
    /** Who may use it: everybody, or whoever has this permission. */
    access: Access;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

export type TypedDoor = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

/** The session of a request that only people may send. @throws SignInNeeded for machines */
export function sessionOf(request: { readonly caller: Caller | undefined }): Session {
  if (!request.caller?.session) throw new SignInNeeded();
  return request.caller.session;
}

/** Who acts, as the audit log names them. @throws SignInNeeded */
export function actorOf(request: { readonly caller: Caller | undefined }): Actor {
  if (!request.caller) throw new SignInNeeded();
  return request.caller.actor;
}
