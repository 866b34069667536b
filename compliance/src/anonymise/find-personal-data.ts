/**
 * Finds personal data in free text: made ready once, searched by every recogniser, overlaps resolved in favour of the surer claim. The work
 * is linear in the length of the text. Pure.
 */
import type { Claim, PersonalData } from './kinds.ts';
import { type Reading, read } from './reading/reading.ts';
import { address } from './recognisers/address.ts';
import { bankCard } from './recognisers/bank-card.ts';
import { birthDate } from './recognisers/birth-date.ts';
import { cardExpiry } from './recognisers/card-expiry.ts';
import { cvv } from './recognisers/cvv.ts';
import { dottedName } from './recognisers/dotted-name.ts';
import { driverLicence } from './recognisers/driver-licence.ts';
import { email } from './recognisers/email.ts';
import { fieldName } from './recognisers/field-name.ts';
import { fullName } from './recognisers/full-name.ts';
import { givenName } from './recognisers/given-name.ts';
import { hkMacaoPermit } from './recognisers/hk-macao-permit.ts';
import { landline } from './recognisers/landline.ts';
import { latinAddress } from './recognisers/latin-address.ts';
import { latinName } from './recognisers/latin-name.ts';
import { mobile } from './recognisers/mobile.ts';
import { passport } from './recognisers/passport.ts';
import { personName } from './recognisers/person-name.ts';
import { pin } from './recognisers/pin.ts';
import { plate } from './recognisers/plate.ts';
import { qq } from './recognisers/qq.ts';
import { residentId } from './recognisers/resident-id.ts';
import { smsCode } from './recognisers/sms-code.ts';
import { speltName } from './recognisers/spelt-name.ts';
import { taiwanPermit } from './recognisers/taiwan-permit.ts';
import { isDoubtful, taggedName } from './recognisers/tagged-name.ts';
import { titledName } from './recognisers/titled-name.ts';
import { uscc } from './recognisers/uscc.ts';
import { wechat } from './recognisers/wechat.ts';
import { withoutOverlaps } from './without-overlaps.ts';

type Recogniser = (reading: Reading) => Iterable<Claim>;

const RECOGNISERS: readonly Recogniser[] = [
  ...[residentId, uscc, driverLicence, passport, hkMacaoPermit, taiwanPermit, bankCard, mobile, landline, plate],
  ...[
    email,
    qq,
    wechat,
    smsCode,
    pin,
    cvv,
    cardExpiry,
    birthDate,
    address,
    latinAddress,
    dottedName,
    personName,
    fullName,
    titledName,
    fieldName,
    speltName,
    givenName,
    latinName,
    taggedName,
  ],
];

/** Finds in the order of the text, without overlaps; offsets are UTF-16 units of `text`. */
export function findPersonalData(text: string): PersonalData[] {
  const reading = read(text);
  const claims = RECOGNISERS.flatMap((recognise) => [...recognise(reading)]).filter((claim) => !isDoubtful(reading, claim));
  const { start, end } = reading.folded;
  return withoutOverlaps(claims).map((claim) => {
    const { from, to } = withBrackets(reading.text, claim);
    return { type: claim.type, start: start[from] ?? 0, end: end[to - 1] ?? 0 };
  });
}

/** (188)(0000)(0118): a bracket that is open at an edge of the claim is taken in with its other half. */
function withBrackets(text: string, { start, end }: Claim): { readonly from: number; readonly to: number } {
  let open = 0;
  let unopened = 0;
  for (let at = start; at < end; at += 1) {
    if (text.charAt(at) === '(') open += 1;
    if (text.charAt(at) === ')' && open > 0) open -= 1;
    else if (text.charAt(at) === ')') unopened += 1;
  }
  return {
    from: unopened > 0 && text.charAt(start - 1) === '(' ? start - 1 : start,
    to: open > 0 && text.charAt(end) === ')' ? end + 1 : end,
  };
}
