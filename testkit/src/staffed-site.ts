/**
 * A site of its own with agents on soft phones, for tests and benches that need many agents or none of a browser's weight.
 */
import { writeShortFlow } from './short-flow.ts';
import { OwnSite } from './site.ts';
import { type RingingCall, Softphone } from './softphone.ts';
import type { PhoneCall } from './softphone/phone-call.ts';
import { tempDir } from './temp-dir.ts';

/** What agents on phones hum, Hz. */
export const PHONE_AGENT_HZ = 620;

export interface StaffedSite {
  readonly site: OwnSite;
  /** Calls the agents' phones have answered, in order. */
  readonly answered: PhoneCall[];
  /** What an agent's phone does when it rings; answers at once unless a test says otherwise. */
  onRinging: (call: RingingCall) => void;
  close(): Promise<void>;
}

export interface Staffing {
  /** Agents beside the soft phones, as in site.yaml. */
  readonly others?: readonly object[];
  /** Further keys of the menu and the queue each leads to. */
  readonly queueByKey?: Readonly<Record<string, string>>;
}

/** @param agents phones, one agent each @param document further settings */
export async function staffedSite(
  agents: number,
  document: Record<string, object | string | number> = {},
  { others = [], queueByKey = {} }: Staffing = {},
): Promise<StaffedSite> {
  const dir = tempDir();
  writeShortFlow(dir.path, queueByKey);
  const phones = await Promise.all(Array.from({ length: agents }, () => Softphone.open()));
  const answered: PhoneCall[] = [];
  const site = await OwnSite.start(dir.path, {
    agents: [
      ...phones.map(({ port }, i) => ({
        id: `phone${i + 1}`,
        name: `Phone ${i + 1}`,
        skills: i % 2 === 0 ? ['cards'] : ['loans'],
        queues: ['service'],
        phone: `sip:agent${i + 1}@127.0.0.1:${port}`,
      })),
      ...others,
    ],
    ...document,
  });
  const staffed: StaffedSite = {
    site,
    answered,
    onRinging: (call) => void call.answer([PHONE_AGENT_HZ]).then((talk) => answered.push(talk)),
    async close() {
      await Promise.all(phones.map((phone) => phone.close()));
      await site.close();
      dir.remove();
    },
  };
  for (const phone of phones) phone.onRinging = (call) => staffed.onRinging(call);
  return staffed;
}
