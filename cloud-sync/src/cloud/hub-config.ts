/**
 * Configuration of the stand-in hub: one nats-server with JetStream, one user for the site and one for the cloud's workers. Pure.
 * Written for nats-server ≥ 2.9, which refuses `sync_interval`: it acknowledges before fsync, as a stand-in may. In production run three
 * replicas, or a newer single node with `sync_interval: always`.
 */
import { KeeplineError } from '@keepline/contracts/errors';
import { subjectsOf } from '../nats/subjects.ts';

export interface HubOptions {
  /** Port on `host`; 0 is refused: the hub must come back where it was. */
  readonly port: number;
  /** Folder of the JetStream store. */
  readonly storeDir: string;
  readonly site: string;
  readonly siteUser: string;
  readonly sitePassword: string;
  readonly cloudUser: string;
  readonly cloudPassword: string;
  /** Address to listen on; the loopback address when absent. */
  readonly host?: string;
}

/** Largest message the hub takes, bytes: an event has at most 8192, an advice answer 4096. */
const MAX_PAYLOAD_BYTES = 65_536;

/** @throws KeeplineError HUB_OPTION_INVALID, SITE_NAME_INVALID */
export function hubConfig(options: HubOptions): string {
  const { stream, events, adviceRoute, siteInbox } = subjectsOf(options.site);
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) throw invalid('port', String(options.port));
  // What the relay needs of the JetStream API, by name; everything else, delete and purge above all, is refused.
  const sitePublish = [events, adviceRoute, `$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`];
  // The workers may do their work, but nobody who is connected may rewrite what happened.
  const cloudDeny = ['$JS.API.STREAM.DELETE.>', '$JS.API.STREAM.PURGE.>', '$JS.API.STREAM.MSG.DELETE.>', '$JS.API.STREAM.UPDATE.>'];
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
authorization {
  timeout: 2
  users: [
    {
      user: ${quoted('siteUser', options.siteUser)}, password: ${quoted('sitePassword', options.sitePassword)}
      permissions: {
        publish: { allow: ${JSON.stringify(sitePublish)} }
        subscribe: { allow: ${JSON.stringify([`${siteInbox}.>`])} }
      }
    }
    {
      user: ${quoted('cloudUser', options.cloudUser)}, password: ${quoted('cloudPassword', options.cloudPassword)}
      permissions: {
        publish: { allow: ">", deny: ${JSON.stringify(cloudDeny)} }
        subscribe: { allow: ">" }
      }
    }
  ]
}
`;
}

/** A double-quoted text of the configuration language; what could end or escape it is refused rather than escaped. */
function quoted(name: string, value: string): string {
  // Control characters, quotes, backslashes; and `$`, with which the language names variables.
  if (value === '' || /[\p{Cc}"\\$]/u.test(value)) throw invalid(name, name.endsWith('Password') ? 'hidden' : value);
  return `"${value}"`;
}

function invalid(name: string, value: string): KeeplineError {
  return new KeeplineError('HUB_OPTION_INVALID', `the option ${name} of the hub cannot be used`, {
    hint: 'Ports are 1 to 65535; texts are not empty and hold no quotes, backslashes, dollar signs or control characters.',
    offending: value,
  });
}
