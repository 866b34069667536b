/** Where an installed Keepline lies (Filesystem Hierarchy Standard 3.0 §3.13, §3.7.4, §5.8). The units in installer/systemd say the same paths. */

/** Versions side by side, and `current`, which names the one that runs. */
export const VERSIONS = '/opt/keepline';
export const CURRENT = `${VERSIONS}/current`;
/** Everything a site writes; the only thing an uninstall leaves. */
export const DATA = '/var/lib/keepline';
/** Of the gateway alone: main.db, recordings, keys. */
export const SITE_DATA = `${DATA}/site`;
/** Shared by gateway and cloud-sync: the outbox and the socket between them. */
export const LINK_DATA = `${DATA}/link`;
export const CONFIG = '/etc/keepline';
export const SITE_FILE = `${CONFIG}/site.yaml`;
/** Credentials for the cloud: written by who holds their seed, the user of the gateway (`keepline cloud credentials rotate`), read by cloud-sync. */
export const CLOUD_CREDENTIALS = `${LINK_DATA}/cloud.creds`;
export const COMMAND = '/usr/local/bin/keepline';
export const UNIT_FOLDER = '/etc/systemd/system';
/** What the unit of the gateway needs because of the site file; an operator's own drop-ins lie beside it. */
export const GATEWAY_DROP_INS = `${UNIT_FOLDER}/keepline-gateway.service.d`;
export const GATEWAY_DROP_IN = `${GATEWAY_DROP_INS}/10-site-file.conf`;
/** Sealed credentials the unit of the gateway opens: the secret behind the root key, the PIN of a token (docs/keys.md). */
export const ROOT_CREDENTIALS = ['keepline-root', 'keepline-pin'].map((name) => `/etc/credstore.encrypted/${name}`);
/** In the order they are stopped. */
export const UNITS = ['keepline-gateway.service', 'keepline-cloud-sync.service'] as const;

/** Is there on an appliance of a pair, whose daemon starts the gateway (docs/pair.md). The role `pair` brings it and the unit. */
export const PAIR_FILE = `${CONFIG}/pair.yaml`;
export const PAIR_UNITS = ['keepline-pair.service', 'keepline-cloud-sync.service'] as const;

export const GATEWAY_USER = 'keepline';
export const SYNC_USER = 'keepline-sync';
export const LINK_GROUP = 'keepline-link';
