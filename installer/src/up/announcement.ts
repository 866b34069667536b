/** Pure: what `up` prints once the doors are open: where to go, whom to call, what to type next. */
import type { UpStatus } from './status.ts';

export function announcement(status: UpStatus): string {
  const { ready, cloud } = status;
  const lines = [
    '',
    `Keepline is up: site ${status.site}, data in ${status.data}`,
    '',
    `  agent desk   ${ready.http}${ready.https === '' ? '' : `   (other machines: ${ready.https})`}`,
    `  call         ${ready.sip}`,
    `  cloud        ${cloudWords(status)}`,
  ];
  if (ready.firstPasswords.length > 0) {
    lines.push('', `  First passwords (also in ${status.data}/first-passwords.json until each agent has set one of their own):`);
    for (const { agent, password } of ready.firstPasswords) lines.push(`    ${agent.padEnd(16)}${password}`);
  }
  lines.push('', '  In another terminal:', '    ./keepline demo      place calls, cut the cloud, heal it');
  if (cloud.kind === 'stand-in') lines.push('    ./keepline cloud cut  (and heal) to see the site go on without it');
  lines.push('    ./keepline status    what runs', '', '  Ctrl-C stops it when the calls have ended, twice at once.', '');
  return lines.join('\n');
}

function cloudWords({ cloud }: UpStatus): string {
  if (cloud.kind === 'none') return 'none: calls, recording and the desk work all the same';
  return cloud.kind === 'remote' ? cloud.server : `stand-in on this machine, ${cloud.server}`;
}
