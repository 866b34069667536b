/**
 * The type of the application that routes are put on, and what each route must say about itself.
 */
import type { Server } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Sensitivity } from '@keepline/contracts/audit-acts';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Session } from '../agents/sessions.ts';
import { SignInNeeded } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The act this route is, or `false`: a `config` without it does not compile, and a route without `config` stops the start. */
    sensitive: Sensitivity;
    /** Who may use it; without a word, agents with a session. */
    access?: 'public' | 'agent';
  }
  interface FastifyRequest {
    session: Session | undefined;
  }
}

export type TypedDoor = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

/** The session of a request to a route that agents use. @throws SignInNeeded */
export function sessionOf(request: { readonly session: Session | undefined }): Session {
  if (!request.session) throw new SignInNeeded();
  return request.session;
}
