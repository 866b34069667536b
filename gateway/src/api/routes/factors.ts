/** Second factors of whoever is signed in: authenticator apps and passkeys. Secrets and recovery codes are shown once, in the reply. */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import { Type } from 'typebox';
import type { Stage } from '../../identity/session-stage.ts';
import { OriginRefused } from '../errors.ts';
import type { ApiParts } from '../api-parts.ts';
import { ErrorReply } from '../error-reply.ts';
import { sessionOf, type TypedDoor } from '../typed-door.ts';

const refusals = { 401: ErrorReply, 403: ErrorReply, 404: ErrorReply, 409: ErrorReply, 429: ErrorReply };
const own = (sensitive: AuditAct | false, ...stages: Stage[]) => ({ sensitive, access: { permission: 'session.own', stages } }) as const;

const base64url = Type.String({ maxLength: 8192, pattern: '^[\\w-]*$' });
const label = Type.String({ minLength: 1, maxLength: 64 });
const credential = {
  id: base64url,
  rawId: base64url,
  type: Type.Literal('public-key'),
  clientExtensionResults: Type.Object({}),
  authenticatorAttachment: Type.Optional(Type.Union([Type.Literal('platform'), Type.Literal('cross-platform')])),
};
/** As `PublicKeyCredential.toJSON` gives them (WebAuthn level 3 §5.1.2, §5.1.3); what is verified is inside the base64url texts. */
const Registration = Type.Object({
  ...credential,
  response: Type.Object({ clientDataJSON: base64url, attestationObject: base64url }),
});
const Assertion = Type.Object({
  ...credential,
  response: Type.Object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url }),
});
const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String(), { description: 'Only with the first factor; shown once.' }) });

export function factorRoutes(app: TypedDoor, { identity }: ApiParts): void {
  const { own: account } = identity;
  const passkeyOptions = Type.Unknown({ description: 'For navigator.credentials, as PublicKeyCredential.parse…OptionsFromJSON takes it.' });

  app.get(
    '/api/factors',
    {
      config: own(false, 'factor_enrolment'),
      schema: {
        summary: 'Your second factors, and how far the clock of each phone was off.',
        response: { 200: Type.Unknown(), ...refusals },
      },
    },
    async (request) => account.factors(sessionOf(request)),
  );

  app.post(
    '/api/factors/totp',
    {
      config: own(false, 'factor_enrolment'),
      schema: {
        summary: 'A secret for an authenticator app; it counts once a code of it is confirmed.',
        response: { 200: Type.Object({ secret: Type.String(), uri: Type.String() }), ...refusals },
      },
    },
    async (request) => account.beginTotp(sessionOf(request)),
  );

  app.post(
    '/api/factors/totp/confirm',
    {
      config: own('factor.enrol', 'factor_enrolment'),
      schema: {
        summary: 'Confirms the secret with a code.',
        body: Type.Object({ code: Type.String({ maxLength: 16 }), label }, { additionalProperties: false }),
        response: { 200: RecoveryCodes, ...refusals },
      },
    },
    async (request) => {
      const { code, label: name } = request.body;
      return { recoveryCodes: await account.confirmTotp(sessionOf(request), code, name, request.ip) };
    },
  );

  app.post(
    '/api/factors/passkey/options',
    {
      config: own(false, 'factor_enrolment'),
      schema: { summary: 'Begins to enrol a passkey.', response: { 200: passkeyOptions, ...refusals } },
    },
    async (request) => account.beginPasskey(sessionOf(request)),
  );

  app.post(
    '/api/factors/passkey',
    {
      config: own('factor.enrol', 'factor_enrolment'),
      schema: {
        summary: 'Enrols the passkey the browser made.',
        body: Type.Object({ label, response: Registration }, { additionalProperties: false }),
        response: { 200: RecoveryCodes, ...refusals },
      },
    },
    async (request) => {
      const { label: name, response } = request.body;
      const recoveryCodes = await account.confirmPasskey(sessionOf(request), originOf(request.headers.origin), name, response, request.ip);
      return { recoveryCodes };
    },
  );

  app.post(
    '/api/session/passkey/options',
    {
      config: own(false, 'second_factor'),
      schema: { summary: 'Begins to prove a passkey.', response: { 200: passkeyOptions, ...refusals } },
    },
    async (request) => identity.own.beginProof(sessionOf(request)),
  );

  app.post(
    '/api/session/passkey',
    {
      config: own('session.second_factor', 'second_factor'),
      schema: {
        summary: 'Proves a passkey; also the step-up for privileged acts.',
        body: Type.Object({ response: Assertion }, { additionalProperties: false }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      await account.provePasskey(sessionOf(request), originOf(request.headers.origin), request.body.response, request.ip);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/factors/:id',
    {
      config: own('factor.remove'),
      schema: {
        summary: 'Removes one of your factors; a privileged account keeps at least one.',
        params: Type.Object({ id: Type.String({ maxLength: 48 }) }),
        response: { 204: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      await account.removeFactor(sessionOf(request), request.params.id, request.ip);
      return reply.code(204).send(null);
    },
  );
}

/** Known to be ours where it is there (`same-origin.ts`); a passkey needs one. @throws OriginRefused */
function originOf(origin: string | undefined): string {
  if (origin === undefined) throw new OriginRefused();
  return origin;
}
