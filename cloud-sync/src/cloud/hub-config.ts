/**
 * Configuration of a hub for one site: one nats-server with JetStream. It trusts an operator's key (user JWTs, resolved from memory) or a
 * certificate authority (mutual TLS). Pure.
 * Written for nats-server ≥ 2.9, which refuses `sync_interval`: it acknowledges before fsync, as a stand-in may. In production run three
 * replicas, or a newer single node with `sync_interval: always`.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import type { Rights } from './hub-rights.ts';

/** What the server needs to know of an operator: public halves and signed texts, no secret. */
export interface HubTrust {
  readonly operatorJwt: string;
  readonly systemAccount: string;
  /** Account JWTs by public key; a changed one takes effect with SIGHUP. */
  readonly accounts: Readonly<Record<string, string>>;
}

export interface HubCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Users by the subject of their certificate, RFC 2253, such as `CN=site,O=keepline`. */
  readonly users: ReadonlyArray<{ readonly subject: string; readonly rights: Rights }>;
}

export interface HubOptions {
  /** Port on `host`; 0 is refused: the hub must come back where it was. */
  readonly port: number;
  /** Folder of the JetStream store. */
  readonly storeDir: string;
  readonly trust: HubTrust | HubCertificates;
  /** Address to listen on; the loopback address when absent. */
  readonly host?: string;
}

/** Largest message the hub takes, bytes: a downlink has at most 524288, an event 8192. */
const MAX_PAYLOAD_BYTES = 1_048_576;
/** Public keys of operators and accounts, and JWTs: base32 and base64url only, so neither can end a text. */
const PUBLIC_KEY = /^A[A-Z2-7]{55}$/;
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** @throws KeeplineError HUB_OPTION_INVALID */
export function hubConfig(options: HubOptions): string {
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) throw invalid('port', String(options.port));
  return `# Written by Keepline; changes are lost.
listen: ${quoted('host', `${options.host ?? '127.0.0.1'}:${options.port}`)}
server_name: "keepline-hub"
max_payload: ${MAX_PAYLOAD_BYTES}
max_connections: 256
# A dead client is noticed after 10 to 15 seconds; the default takes minutes.
ping_interval: "5s"
ping_max: 2
write_deadline: "5s"
jetstream {
  store_dir: ${quoted('storeDir', options.storeDir)}
  max_memory_store: 67108864
  max_file_store: 10737418240
}
${'accounts' in options.trust ? byOperator(options.trust) : byCertificate(options.trust)}`;
}

function byOperator({ operatorJwt, systemAccount, accounts }: HubTrust): string {
  const text = (jwt: string): string => {
    if (!JWT.test(jwt)) throw invalid('jwt', 'hidden');
    return jwt;
  };
  const key = (name: string): string => {
    if (!PUBLIC_KEY.test(name)) throw invalid('account', name);
    return name;
  };
  const preload = Object.entries(accounts).map(([name, jwt]) => `  ${key(name)}: ${text(jwt)}`);
  return `operator: ${text(operatorJwt)}
system_account: ${key(systemAccount)}
resolver: MEMORY
resolver_preload: {
${preload.join('\n')}
}
`;
}

function byCertificate({ caFile, certFile, keyFile, users }: HubCertificates): string {
  const list = (subjects: readonly string[]): string => JSON.stringify(subjects);
  const user = ({ subject, rights }: HubCertificates['users'][number]): string => `    {
      user: ${quoted('subject', subject)}
      permissions: {
        publish: { allow: ${list(rights.publish)} }
        subscribe: { allow: ${list(rights.subscribe)} }${
          rights.respond ? `\n        allow_responses: { max: ${rights.respond.max}, expires: "${rights.respond.withinMs}ms" }` : ''
        }
      }
    }`;
  return `tls {
  ca_file: ${quoted('caFile', caFile)}
  cert_file: ${quoted('certFile', certFile)}
  key_file: ${quoted('keyFile', keyFile)}
  verify_and_map: true
  timeout: 2
}
authorization {
  timeout: 2
  users: [
${users.map(user).join('\n')}
  ]
}
`;
}

/** A double-quoted text of the configuration language; what could end or escape it is refused rather than escaped. */
function quoted(name: string, value: string): string {
  // Control characters, quotes, backslashes; and `$`, with which the language names variables.
  if (value === '' || /[\p{Cc}"\\$]/u.test(value)) throw invalid(name, value);
  return `"${value}"`;
}

function invalid(name: string, value: string): KeeplineError {
  return new KeeplineError('HUB_OPTION_INVALID', `the option ${name} of the hub cannot be used`, {
    hint: 'Ports are 1 to 65535; texts are not empty and hold no quotes, backslashes, dollar signs or control characters; keys and JWTs are those of NATS.',
    offending: value,
  });
}
