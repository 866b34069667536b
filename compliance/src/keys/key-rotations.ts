/** What rotating each key of a site means, as `./keepline keys rotate --dry-run` tells it and docs/keys.md explains it: data, no deeds. */

/** Those that one command rotates, in the order of `--all`: first what seals the others, so that no new key lies under the old one; last what people see. */
export const ROTATED = ['store', 'recording', 'column', 'accounts', 'pseudonyms', 'audit', 'tls'] as const;
export type RotatedKey = (typeof ROTATED)[number];

export interface KeyRotation {
  readonly key: string;
  /** The command; another one where the key is not ours alone to change. */
  readonly by: string;
  readonly means: string;
  /** What becomes of the former one. */
  readonly former: string;
}

const here = (key: RotatedKey): string => `keys rotate ${key}`;

export const KEY_ROTATIONS: readonly KeyRotation[] = [
  {
    ...{ key: 'store', by: here('store') },
    means: 'each secret file of the key store is sealed anew, under the same root key; what the files hold stays',
    former: 'destroyed when no file needs it, after 30 s; opens old copies of the key store',
  },
  {
    ...{ key: 'recording', by: here('recording') },
    means: 'recordings that begin 15 s from now are encrypted to a new recipient',
    former: 'kept with its shares: it opens what was recorded under it; 32 at most',
  },
  {
    ...{ key: 'column', by: here('column') },
    means: 'every row of customer data is sealed anew',
    former: 'destroyed when no row needs it, 30 s after the start at the soonest',
  },
  {
    ...{ key: 'accounts', by: here('accounts') },
    means: 'every secret of an authenticator app is sealed anew',
    former: 'destroyed when no account needs it, after 30 s; a sign-in by OIDC under way then begins again',
  },
  {
    ...{ key: 'pseudonyms', by: here('pseudonyms') },
    means: 'callers and agents get new pseudonyms from now on, in the cloud and in the audit log',
    former: 'kept, so that subject find names what older entries call a customer; 32 at most',
  },
  {
    ...{ key: 'audit', by: here('audit') },
    means: 'the next checkpoint is signed by a new key, which the one before certifies',
    former: 'destroyed at once; its public half stays in audit.verifier, good for what it had signed',
  },
  {
    ...{ key: 'tls', by: here('tls') },
    means: 'browsers and SIP peers see a new certificate within a minute; connections and calls stay',
    former: 'replaced at once; one that the bank installed is refused',
  },
  {
    ...{ key: 'root', by: 'keys rewrap --root …' },
    means: 'the store hangs on another root key; store key and keys stay',
    former: 'opens old copies of root.json',
  },
  {
    ...{ key: 'cloud', by: 'cloud credentials rotate' },
    means: 'cloud-sync connects with a new user',
    former: 'destroyed when the new one works; revoked at the cloud',
  },
  {
    ...{ key: 'downlink', by: 'downlink.keys in site.yaml' },
    means: 'public keys of the cloud that this site trusts: add the new one, restart, remove the old one later',
    former: 'trusted for as long as it stands there',
  },
  {
    ...{ key: 'sessions', by: 'users revoke NAME' },
    means: 'no key: sessions and API tokens are random values of which a hash is stored; ending them is their rotation',
    former: 'refused at once',
  },
];
