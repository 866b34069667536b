/** What `up` tells about itself over its control socket, and how it reads for a person. */
import type { LinkStatus } from '@keepline/contracts/link';
import type { ChildStatus } from './child.ts';
import type { GatewayReady } from './gateway-ready.ts';

export interface CloudStatus {
  /** `none`: no server configured or --no-cloud; `remote`: the site's own; `stand-in`: played on this machine. */
  readonly kind: 'none' | 'remote' | 'stand-in';
  readonly state: 'none' | 'remote' | 'running' | 'stopped' | 'frozen';
  readonly server: string;
}

export interface UpStatus {
  readonly running: true;
  readonly pid: number;
  readonly site: string;
  readonly data: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly ready: GatewayReady;
  readonly cloud: CloudStatus;
  readonly children: readonly ChildStatus[];
}

/** @param parts of the gateway by its health page, such as `trunk carrier`: `down`; undefined when it does not answer */
export function statusText(status: UpStatus, link: LinkStatus | undefined, parts: Readonly<Record<string, string>> | undefined): string {
  const ailing = Object.entries(parts ?? {}).filter(([, state]) => state !== 'ok');
  const partWords = parts === undefined ? 'the gateway does not answer' : ailing.map(([name, state]) => `${name} ${state}`).join(', ');
  const linkWords = link === undefined ? 'cloud-sync does not answer' : `${link.state} (${link.why}), ${link.backlog} event(s) waiting`;
  const children = status.children.map(({ name, state, pid, restarts }) => {
    const again = restarts === 0 ? '' : `, started again ${restarts} time(s)`;
    return `  ${name.padEnd(14)}${state}${pid === undefined ? '' : ` (pid ${pid})`}${again}`;
  });
  return [
    `site ${status.site}, running since ${status.startedAt} (pid ${status.pid}), data in ${status.data}`,
    `  agent desk    ${status.ready.http}${status.ready.https === '' ? '' : `  ${status.ready.https}`}`,
    `  number        ${status.ready.sip}`,
    `  cloud         ${status.cloud.kind}${status.cloud.kind === 'stand-in' ? `, ${status.cloud.state}` : ''} ${status.cloud.server}`.trimEnd(),
    `  link          ${linkWords}`,
    `  parts         ${partWords === '' ? 'all ok' : partWords}`,
    ...children,
  ].join('\n');
}
