/**
 * An AES-256 key inside a PKCS#11 token (2.40, CKM_AES_GCM): made there, never readable from outside, asked to seal and open 32 bytes at
 * start and not again. The binding `pkcs11js` is native, so it is compiled aside by the set-up and loaded by path.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '@keepline/contracts/errors';
import type * as Pkcs11js from 'pkcs11js';
import { HsmBindingAbsent, HsmFailed } from './errors.ts';

export interface TokenPlace {
  /** Path of the vendor's library, such as libsofthsm2.so. */
  readonly module: string;
  readonly token: string;
  readonly label: string;
}

const NONCE_BYTES = 12;
const TAG_BITS = 128;

/** Makes the key unless one with this label is there. @throws HsmBindingAbsent, HsmFailed */
export function ensureTokenKey(place: TokenPlace, pin: string, folder: string | undefined): void {
  withToken(place, pin, folder, ({ pkcs11, api, session }) => {
    if (findKey(pkcs11, api, session, place.label)) return;
    pkcs11.C_GenerateKey(session, { mechanism: api.CKM_AES_KEY_GEN }, [
      { type: api.CKA_LABEL, value: place.label },
      { type: api.CKA_TOKEN, value: true },
      { type: api.CKA_PRIVATE, value: true },
      { type: api.CKA_SENSITIVE, value: true },
      { type: api.CKA_EXTRACTABLE, value: false },
      { type: api.CKA_ENCRYPT, value: true },
      { type: api.CKA_DECRYPT, value: true },
      { type: api.CKA_VALUE_LEN, value: 32 },
    ]);
  });
}

/** Seals `secret` in the token; nonce, then what the token gave. @throws HsmBindingAbsent, HsmFailed */
export function sealInToken(place: TokenPlace, pin: string, folder: string | undefined, secret: Buffer, bound: string): Buffer {
  return withToken(place, pin, folder, (open) => {
    const nonce = randomBytes(NONCE_BYTES);
    open.pkcs11.C_EncryptInit(open.session, gcm(open.api, nonce, bound), keyOf(open, place));
    return Buffer.concat([nonce, open.pkcs11.C_Encrypt(open.session, secret, Buffer.alloc(secret.length + TAG_BITS / 8))]);
  });
}

/** @throws HsmBindingAbsent, HsmFailed also when the bytes were not sealed by this key */
export function openInToken(place: TokenPlace, pin: string, folder: string | undefined, sealed: Buffer, bound: string): Buffer {
  return withToken(place, pin, folder, (open) => {
    open.pkcs11.C_DecryptInit(open.session, gcm(open.api, sealed.subarray(0, NONCE_BYTES), bound), keyOf(open, place));
    return open.pkcs11.C_Decrypt(open.session, sealed.subarray(NONCE_BYTES), Buffer.alloc(sealed.length));
  });
}

interface Opened {
  readonly api: typeof Pkcs11js;
  readonly pkcs11: Pkcs11js.PKCS11;
  readonly session: Buffer;
}

function withToken<T>(place: TokenPlace, pin: string, folder: string | undefined, work: (opened: Opened) => T): T {
  const entry = folder === undefined ? undefined : join(folder, 'index.js');
  if (entry === undefined || !existsSync(entry)) throw new HsmBindingAbsent(folder ?? 'KEEPLINE_PKCS11JS');
  const api = createRequire(import.meta.url)(entry) as typeof Pkcs11js; // the parse boundary: no types come with a path
  const pkcs11 = new api.PKCS11();
  try {
    pkcs11.load(place.module);
    pkcs11.C_Initialize();
  } catch (cause) {
    throw new HsmFailed(`the library ${place.module}: ${messageOf(cause)}`, cause);
  }
  try {
    const slot = pkcs11.C_GetSlotList(true).find((one) => pkcs11.C_GetTokenInfo(one).label.trimEnd() === place.token);
    if (!slot) throw new HsmFailed(`there is no token labelled ${place.token}`);
    const session = pkcs11.C_OpenSession(slot, api.CKF_RW_SESSION | api.CKF_SERIAL_SESSION);
    pkcs11.C_Login(session, api.CKU_USER, pin);
    return work({ api, pkcs11, session });
  } catch (thrown) {
    throw thrown instanceof HsmFailed ? thrown : new HsmFailed(messageOf(thrown), thrown);
  } finally {
    pkcs11.C_Finalize(); // closes sessions and logs out
    pkcs11.close();
  }
}

function keyOf({ pkcs11, api, session }: Opened, { label }: TokenPlace): Buffer {
  const key = findKey(pkcs11, api, session, label);
  if (!key) throw new HsmFailed(`there is no key labelled ${label} on the token`);
  return key;
}

function findKey(pkcs11: Pkcs11js.PKCS11, api: typeof Pkcs11js, session: Buffer, label: string): Buffer | undefined {
  pkcs11.C_FindObjectsInit(session, [
    { type: api.CKA_CLASS, value: api.CKO_SECRET_KEY },
    { type: api.CKA_LABEL, value: label },
  ]);
  try {
    return pkcs11.C_FindObjects(session, 1)[0];
  } finally {
    pkcs11.C_FindObjectsFinal(session);
  }
}

function gcm(api: typeof Pkcs11js, iv: Buffer, bound: string): Pkcs11js.Mechanism {
  const parameter = { type: api.CK_PARAMS_AES_GCM, iv, ivBits: NONCE_BYTES * 8, aad: Buffer.from(bound), tagBits: TAG_BITS };
  return { mechanism: api.CKM_AES_GCM, parameter };
}
