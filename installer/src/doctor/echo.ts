/**
 * A call to the echo of the running site, placed by the gateway's own command: through the SIP port, the gatekeeper, the RTP edge and back. What is
 * measured is this machine; the way from it to a carrier is not in it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { childEnvironment, type Machine } from '../machine.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

/** As `gateway/src/echo-call-cli.ts` prints it; times in ms. */
export interface Echo {
  readonly answerMs: number;
  readonly sent: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  readonly mos: number | null;
}

const CHECK = 'loopback call';
/** R 80 and R 70 of ITU-T G.107 Annex B: below the first some users are dissatisfied, below the second many. */
const MOS_GOOD = 4.03;
const MOS_POOR = 3.6;
const LIMIT_MS = 60_000;

/** Pure. */
export function judgeEcho({ answerMs, sent, lost, jitterMs, roundTripMs, mos }: Echo): Finding {
  const next = 'docs/runbook/no-audio.md; is the machine busy (top, iostat -x 1), are RTP ports open to itself?';
  if (mos === null || roundTripMs === null)
    return fail(CHECK, `answered after ${answerMs} ms, but of ${sent} packets ${sent - lost} came back`, next);
  const found = `MOS ${mos.toFixed(2)}: answered after ${answerMs} ms, ${lost} of ${sent} packets lost, round trip ${roundTripMs} ms, jitter ${jitterMs} ms`;
  if (mos < MOS_POOR) return fail(CHECK, found, next);
  return mos < MOS_GOOD ? warn(CHECK, found, next) : ok(CHECK, found);
}

/** @param siteFile of the site that runs */
export function callEcho(machine: Machine, siteFile: string): Promise<Finding> {
  const args = [join(machine.root, 'gateway/src/echo-call-cli.ts'), '--site', siteFile];
  return new Promise((resolve) => {
    execFile(machine.node, args, { env: childEnvironment(machine), timeout: LIMIT_MS }, (fault, stdout, stderr) => {
      if (fault === null) return resolve(judgeEcho(JSON.parse(stdout) as Echo)); // parse boundary: our own command
      const [said = '', next = ''] = stderr.trim().split('\n');
      resolve(fail(CHECK, said === '' ? fault.message : said, next.replace(/^\s*next: /, '')));
    });
  });
}
