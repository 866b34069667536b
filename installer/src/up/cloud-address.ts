/** Pure: does the site name a cloud of its own, or shall `up` play the cloud on this machine? */
import { KeeplineError } from '@keepline/contracts/errors';

export type CloudPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'remote'; readonly server: string }
  /** Port 0: take a free one. */
  | { readonly kind: 'stand-in'; readonly host: string; readonly port: number };

const NATS_PORT = 4222;

/** The first server decides: on loopback the stand-in takes its place. @throws KeeplineError UP_CLOUD_SERVER_INVALID */
export function cloudPlan(servers: readonly string[], wanted: boolean): CloudPlan {
  const [server] = servers;
  if (!wanted || server === undefined) return { kind: 'none' };
  const url = URL.parse(server.includes('://') ? server : `nats://${server}`);
  if (url === null || url.hostname === '')
    throw new KeeplineError('UP_CLOUD_SERVER_INVALID', `cloud.servers names ${server}, which is not an address`, {
      hint: 'Write it as nats://HOST:PORT or tls://HOST:PORT in site.yaml.',
      offending: server,
    });
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, '');
  if (!/^127(\.\d{1,3}){3}$|^::1$/.test(host)) return { kind: 'remote', server };
  return { kind: 'stand-in', host, port: url.port === '' ? NATS_PORT : Number(url.port) };
}
