/**
 * A real OpenID provider (`oidc-provider`) over TLS with an authority of its own. Who signs in there, and how, is set by the test; its answers
 * can be bent on the way out.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { tempDir } from '@keepline/testkit/temp-dir';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { Provider } from 'oidc-provider';

export const REDIRECT_URI = 'https://desk.bank.test:8443/api/sign-in/oidc/callback';
export const CLIENT_SECRET = 'secret-of-this-site';

/** Whoever sits before the login page of the provider. */
export interface Visitor {
  readonly name: string;
  readonly groups: readonly string[];
  readonly amr: readonly string[];
}

export async function startOidc() {
  const home = tempDir();
  const [key, cert] = [join(home.path, 'key.pem'), join(home.path, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync('openssl', ['req', '-x509', '-days', '2', '-nodes', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const port = await freeTcpPort();
  const issuer = `https://localhost:${port}`;
  const knobs = {
    visitor: { name: 'nobody', groups: [], amr: [] } as Visitor,
    /** Who the visitor is to the provider; '' for `sub-` and the name. */
    subject: '',
    bend: (idToken: string): string => idToken,
    /** Requests for tokens, as their bodies were. */
    tokensAsked: 0,
  };
  const signingKey = {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    alg: 'ES256',
    use: 'sig',
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'keepline',
        client_secret: CLIENT_SECRET,
        redirect_uris: [REDIRECT_URI],
        post_logout_redirect_uris: [`${new URL(REDIRECT_URI).origin}/`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [signingKey] },
    cookies: { keys: ['a key of the test'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'amr'], profile: ['preferred_username', 'groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, preferred_username: knobs.visitor.name, groups: [...knobs.visitor.groups] }),
    }),
    interactions: { url: () => '/login' },
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client?.clientId ?? '', accountId: oidc.session?.accountId ?? '' });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    if (context.path === '/login') {
      const { name, amr } = knobs.visitor;
      const login = { accountId: knobs.subject === '' ? `sub-${name}` : knobs.subject, amr: [...amr], remember: false };
      context.respond = false;
      return provider.interactionFinished(context.req, context.res, { login });
    }
    await next();
    if (context.path !== '/token') return;
    knobs.tokensAsked++;
    const body: unknown = context.body;
    if (typeof body === 'object' && body !== null && 'id_token' in body) body.id_token = knobs.bend(String(body.id_token));
  });
  const answer = provider.callback();
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createServer(tls, (request, response) => void answer(request, response)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    knobs,
    folder: home.path,
    ca: cert,
    async stop(): Promise<void> {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
    async remove(): Promise<void> {
      await this.stop();
      home.remove();
    },
  };
}
