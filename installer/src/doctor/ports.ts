/** Could `up` open the doors of the site file? When the site runs on this data folder, they are taken by itself and that is right. */
import type { SiteConfig } from '@keepline/contracts/site-config';
import { tryTcpPort, tryUdpPort } from '../up/port-check.ts';
import { fail, type Finding, ok } from './finding.ts';

interface Door {
  readonly setting: string;
  readonly transport: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
}

/** Pure: the doors of a site. RTP ports are too many to try; the two ends of the range stand for it. */
export function doorsOf(site: SiteConfig): readonly Door[] {
  const { address } = site.network;
  return [
    { setting: 'sip.port', transport: 'udp', host: address, port: site.sip.port },
    { setting: 'sip.port', transport: 'tcp', host: address, port: site.sip.port },
    { setting: 'media.rtpPortMin', transport: 'udp', host: address, port: site.media.rtpPortMin },
    { setting: 'media.rtpPortMax', transport: 'udp', host: address, port: site.media.rtpPortMax },
    { setting: 'media.webRtcPort', transport: 'udp', host: address, port: site.media.webRtcPort },
    { setting: 'web.httpPort', transport: 'tcp', host: '127.0.0.1', port: site.web.httpPort },
    { setting: 'web.httpsPort', transport: 'tcp', host: address, port: site.web.httpsPort },
  ];
}

/** Doors that somebody else has; the site itself must not run. */
export async function takenDoors(site: SiteConfig): Promise<ReadonlyArray<Door & { readonly why: string }>> {
  const tried = doorsOf(site)
    .filter(({ port }) => port !== 0)
    .map(async (door) => ({ ...door, why: await (door.transport === 'tcp' ? tryTcpPort : tryUdpPort)(door.host, door.port) }));
  return (await Promise.all(tried)).flatMap(({ why, ...door }) => (typeof why === 'number' ? [] : [{ ...door, why }]));
}

export async function checkPorts(site: SiteConfig, running: boolean): Promise<Finding[]> {
  return Promise.all(
    doorsOf(site).map(async ({ setting, transport, host, port }): Promise<Finding> => {
      const check = `port ${transport} ${host}:${port}`;
      if (port === 0) return ok(check, `${setting} takes a free one`);
      if (running) return ok(check, 'the site is running');
      const taken = await (transport === 'tcp' ? tryTcpPort : tryUdpPort)(host, port);
      if (typeof taken === 'number') return ok(check, 'free');
      return fail(check, `${setting} cannot be taken: ${taken}`, nextFor(taken, transport, port, setting));
    }),
  );
}

function nextFor(reason: string, transport: 'tcp' | 'udp', port: number, setting: string): string {
  if (reason === 'EADDRNOTAVAIL') return 'network.address in site.yaml is not an address of this machine; see: ip -brief address';
  if (reason === 'EACCES') return `Ports below 1024 need rights: choose a higher ${setting} in site.yaml.`;
  const flag = transport === 'tcp' ? '-ltnp' : '-lunp';
  return `See who has it: ss ${flag} "sport = :${port}"; end it, or change ${setting} in site.yaml.`;
}
