/** Passkeys (WebAuthn level 3) as the browser offers them; what is proven is decided by the gateway. */
import type { SessionReply } from '@keepline/contracts/agent-protocol';
import { PasskeyFailed } from '../server/errors.ts';
import { getJson, isRecord, postJson } from '../server/http-client.ts';
import { type Enrolled, readSession } from './session.ts';

/** Whether a passkey can work here: a new browser, a secure page, and a host name, to which keys are bound, instead of an address. */
export function canUsePasskeys(): boolean {
  return 'PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname);
}

/** Also the step-up. @throws PasskeyFailed, GatewayRefused */
export async function provePasskey(): Promise<SessionReply> {
  const options = (await postJson('/api/session/passkey/options')) as PublicKeyCredentialRequestOptionsJSON;
  const response = await ceremony(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
  await postJson('/api/session/passkey', { response });
  return readSession('/api/session', await getJson('/api/session'));
}

/** @throws PasskeyFailed, GatewayRefused */
export async function enrolPasskey(): Promise<Enrolled> {
  const options = (await postJson('/api/factors/passkey/options')) as PublicKeyCredentialCreationOptionsJSON;
  const response = await ceremony(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  );
  const body = await postJson('/api/factors/passkey', { label: 'passkey', response });
  const codes = isRecord(body) && Array.isArray(body.recoveryCodes) ? body.recoveryCodes.map(String) : [];
  return { session: readSession('/api/session', await getJson('/api/session')), recoveryCodes: codes };
}

async function ceremony(ask: () => Promise<Credential | null>): Promise<unknown> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (cause) {
    throw new PasskeyFailed(cause);
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyFailed(credential);
  return credential.toJSON();
}
