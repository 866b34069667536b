/**
 * One fastify application: plugins, checks that hold for every route, then the routes. Built once for plain HTTP on loopback and once for
 * HTTPS; the two differ in cookie and headers only.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import { newId } from '@keepline/contracts/ids';
import { type FastifyRequest, type FastifyServerFactoryHandler, fastify } from 'fastify';
import { agentSocket } from './agent-socket.ts';
import { alarmSocket } from './alarm-socket.ts';
import type { ApiLimits, ApiParts } from './api-parts.ts';
import { authorise, type Caller } from './authorise.ts';
import { callerOf, machineCaller } from './caller.ts';
import { deskPages } from './desk-pages.ts';
import { refusalFor } from './error-reply.ts';
import { HostRefused, OriginRefused, RequestInvalid, RouteUnknown, TooManyRequests } from './errors.ts';
import { isOurHost } from './host-header.ts';
import { isAmbiguous, REFUSAL_HEADERS, refuseBytes } from './malformed.ts';
import { type RouteEntry, routeTable } from './route-law.ts';
import { alarmRoutes } from './routes/alarms.ts';
import { anonymisationRoutes } from './routes/anonymisation.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { callbackRoutes } from './routes/callbacks.ts';
import { auditRoutes } from './routes/audit.ts';
import { callRoutes } from './routes/calls.ts';
import { cloudRoutes } from './routes/cloud.ts';
import { downlinkRoutes } from './routes/downlink.ts';
import { factorRoutes } from './routes/factors.ts';
import { knowledgeRoutes } from './routes/knowledge.ts';
import { oidcRoutes } from './routes/oidc.ts';
import { oidcSubjectRoutes } from './routes/oidc-subjects.ts';
import { recordingRoutes } from './routes/recordings.ts';
import { reportRoutes } from './routes/reports.ts';
import { sessionRoutes } from './routes/session.ts';
import { metricsRoute } from './routes/metrics.ts';
import { siteRoutes } from './routes/site.ts';
import { suggestionRoutes } from './routes/suggestions.ts';
import { userRoutes } from './routes/users.ts';
import { shownCertificate } from './peer-certificate.ts';
import { mayAct } from './same-origin.ts';
import { helmetOptions, PERMISSIONS_POLICY } from './security-headers.ts';
import { sessionCookie } from './session-cookie.ts';
import type { TypedDoor } from './typed-door.ts';

export interface DoorOptions {
  readonly parts: ApiParts;
  readonly limits: ApiLimits;
  readonly isSecure: boolean;
  readonly hsts: boolean;
  /** Names and addresses of the site beside loopback. */
  readonly isOurName?: (name: string) => boolean;
  readonly makeServer: (answer: FastifyServerFactoryHandler) => Server;
}

/**
 * A machine by its client certificate, asked only where nothing else was shown: a browser with a certificate of the bank is a person still.
 * One that is refused is written down, once per connection.
 */
const writtenDown = new WeakSet<Socket>();
async function byCertificate(
  request: FastifyRequest,
  parts: ApiParts,
  { authorization, cookie }: { readonly authorization: string | undefined; readonly cookie: string | undefined },
): Promise<Caller | undefined> {
  if (!parts.machines || authorization !== undefined || cookie !== undefined || request.routeOptions.config.access === 'public')
    return undefined;
  const { socket } = request.raw;
  const shown = shownCertificate(socket);
  if (!shown) return undefined;
  try {
    return machineCaller(shown, request.ip, parts);
  } catch (refused) {
    if (writtenDown.has(socket)) throw refused;
    writtenDown.add(socket);
    const context = { who: 'unknown', role: 'machine', from: request.ip, object: '', purpose: 'client certificate' };
    return parts.workbench.audited('machine.refuse', { ...context, correlation: newId('req', parts.clock.now()) }, () =>
      Promise.reject(refused),
    );
  }
}

export interface Door {
  readonly app: TypedDoor;
  readonly routes: readonly RouteEntry[];
}

/** Builds the application; it does not listen yet. */
export async function buildDoor({ parts, limits, isSecure, hsts, isOurName = () => false, makeServer }: DoorOptions): Promise<Door> {
  const app = fastify({
    logger: false, // refusals are the user's, faults are logged in `error-reply`; addresses and names stay out of logs
    serverFactory: makeServer,
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    trustProxy: false,
    routerOptions: { maxParamLength: 128 },
    clientErrorHandler: refuseBytes,
    // a path that cannot be decoded reaches neither hooks nor the error handler, and fastify would quote it
    frameworkErrors: (fault, _request, reply) => {
      const { status, body } = refusalFor(fault, parts.log);
      reply.raw.writeHead(status, REFUSAL_HEADERS).end(JSON.stringify(body));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(TypeBoxValidatorCompiler); // no coercion, no silent removal
  app.setErrorHandler((fault, _request, reply) => {
    const refusal = refusalFor(fault, parts.log);
    if (refusal.retryAfter !== undefined) void reply.header('retry-after', refusal.retryAfter);
    return reply.code(refusal.status).send(refusal.body);
  });
  app.setNotFoundHandler(() => {
    throw new RouteUnknown();
  });

  await app.register(helmet, helmetOptions(hsts));
  await app.register(cookie);
  await app.register(rateLimit, {
    global: false, // counted below, before anybody is asked who they are: a refused request is a request
    max: limits.requestsPerMinute,
    timeWindow: 60_000,
    cache: 10_000,
    errorResponseBuilder: (_request, context) => new TooManyRequests(context.ttl),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Keepline gateway', version: '1', description: 'HTTP door of a site; agents work over the socket /ws/agent.' },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie(isSecure).name },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
    },
  });
  await app.register(websocket, { options: { maxPayload: limits.bodyBytes, perMessageDeflate: false } });

  app.decorateRequest('caller', undefined);
  const { name: cookieName } = sessionCookie(isSecure);
  const count = app.createRateLimit();
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('permissions-policy', PERMISSIONS_POLICY);
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
    const rate = await count(request);
    if (!rate.isAllowed && rate.isExceeded) throw new TooManyRequests(rate.ttl);
    if (isAmbiguous(request.raw.rawHeaders)) throw new RequestInvalid('a head that may come once came twice');
    if (!isOurHost(request.headers.host, isOurName)) throw new HostRefused();
    const head = { method: request.method, isUpgrade: request.ws, headers: request.headers };
    if (!mayAct(head, isSecure ? 'https' : 'http')) throw new OriginRefused();
    if (request.is404) return;
    const credentials = { authorization: request.headers.authorization, cookie: request.cookies[cookieName], from: request.ip };
    request.caller = callerOf(credentials, parts) ?? (await byCertificate(request, parts, credentials));
    authorise(request.caller, request.routeOptions.config.access);
  });

  const routes = routeTable(app);
  sessionRoutes(app, parts, { signInsPerMinute: limits.signInsPerMinute, isSecure });
  oidcRoutes(app, parts, { signInsPerMinute: limits.signInsPerMinute, isSecure });
  oidcSubjectRoutes(app, parts);
  factorRoutes(app, parts);
  userRoutes(app, parts);
  siteRoutes(app, parts);
  if (!isSecure) metricsRoute(app, parts);
  approvalRoutes(app, parts);
  callRoutes(app, parts);
  knowledgeRoutes(app, parts);
  suggestionRoutes(app, parts);
  recordingRoutes(app, parts, parts.identity.approvals);
  cloudRoutes(app, parts);
  callbackRoutes(app, parts);
  alarmRoutes(app, parts);
  reportRoutes(app, parts);
  auditRoutes(app, parts);
  alarmSocket(app, parts);
  anonymisationRoutes(app, parts);
  downlinkRoutes(app, parts);
  agentSocket(app, parts);
  await deskPages(app, parts.deskFolder);
  await app.ready();
  return { app, routes };
}
