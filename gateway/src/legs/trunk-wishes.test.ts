/** What a trunk asks of a call of ours, and what comes of it. */
import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { parseUri, type SipUri } from '../sip/uri.ts';
import type { Referral } from '../sip/user-agent.ts';
import { redirectPolicy, refuseReferrals } from './trunk-wishes.ts';

const uri = (text: string): SipUri => parseUri(text) ?? expect.unreachable(text);
function policy(redirects: 'refuse' | 'numbers') {
  const [trunk] = parseSite({ sip: { trunks: [{ name: 'carrier', target: 'sip:sbc.carrier.example', areaCode: '10', redirects }] } }).sip
    .trunks;
  const told: string[] = [];
  if (!trunk) return expect.unreachable();
  const followed = redirectPolicy(trunk, ['1'], (...wish) => told.push(wish.join(' ')));
  return { told, allows: (target: SipUri) => followed.allows(target) };
}

describe('a redirection by a trunk', () => {
  it('is refused unless the trunk is allowed to, and that is told once', () => {
    const { allows, told } = policy('refuse');
    expect([allows(uri('sip:13800138000@sbc.carrier.example')), allows(uri('sip:13900139000@sbc.carrier.example'))]).toEqual([
      false,
      false,
    ]);
    expect(told).toEqual(['carrier sip.redirect refused']);
  });

  it.each([
    ['sip:13900139000@SBC.carrier.example', true],
    ['sip:+8613900139000@sbc.carrier.example', true],
    ['sip:0090012345678@sbc.carrier.example', false], // abroad
    ['sip:01066668888@sbc.carrier.example', false], // not among the beginnings
    ['sip:110@sbc.carrier.example', false],
    ['sip:operator@sbc.carrier.example', false],
    ['sip:13900139000@elsewhere.example', false],
    ['sips:13900139000@sbc.carrier.example', false],
    ['tel:+8613900139000', false],
  ])('to %s, where the number plan decides: %s', (target, followed) => {
    const { allows, told } = policy('numbers');
    expect(allows(uri(target))).toBe(followed);
    expect(told).toEqual([`carrier sip.redirect ${followed ? 'followed' : 'refused'}`]);
  });
});

it('a reference by a trunk is refused each time and told the first time', () => {
  const told: string[] = [];
  const refused: number[] = [];
  let handler: ((referral: Referral) => void) | undefined;
  refuseReferrals(
    {
      onRefer(given) {
        handler = given;
        return () => {};
      },
    },
    'carrier',
    (...wish) => told.push(wish.join(' ')),
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing but the refusal is asked of it
  for (let i = 0; i < 3; i++) handler?.({ refuse: (status: number) => void refused.push(status) } as unknown as Referral);
  expect(refused).toEqual([603, 603, 603]);
  expect(told).toEqual(['carrier sip.refer refused']);
});
