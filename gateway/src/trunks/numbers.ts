/**
 * Telephone numbers as a trunk writes them, to E.164 and back: ITU-T E.164 and the Chinese numbering plan (YD/T 1137 series). Pure; what
 * differs between trunks is data (`NumberRules`). Numbers are personal data.
 */
export interface NumberRules {
  /** Area code of the site without its 0, such as `10` or `571`; '' where local numbers cannot be told apart. */
  readonly areaCode: string;
  /** Regular expression of the extensions behind this trunk; '' for none. Looked at first, as a PBX would. */
  readonly extensions: string;
  /** How the trunk wants numbers: `+8610…`, `010…`, or `…` without the own area code. */
  readonly outbound: 'e164' | 'national' | 'local';
  /** Digit for an outside line, in front of everything but extensions. */
  readonly prefix: string;
}

export type NumberKind =
  | 'mobile'
  | 'landline'
  /** 400 and 800: of the whole country, not reached from abroad. */
  | 'service'
  /** 95xxx, 96xxx, 1xxxx: of the network it is dialled in. */
  | 'short'
  | 'emergency'
  | 'international'
  | 'extension'
  | 'anonymous'
  | 'unknown';

export interface PhoneNumber {
  readonly kind: NumberKind;
  /** `+` and digits; '' for what has no number in the world plan. */
  readonly e164: string;
  /** Digits as dialled in the country: `01088886666`, `13800138000`, `95588`; for foreign ones `00` and the number. */
  readonly national: string;
  /** Behind the number, as in 010-88886666转8001; '' without. */
  readonly extension: string;
}

const CHINA = '86';
const EMERGENCY = new Set(['110', '119', '120', '122', '12395', '112']);
/** Two-digit area codes have eight-digit numbers; 26 is kept free. All others have three digits and seven or eight. */
const LANDLINE = /^(10|2[0-57-9])([2-8][0-9]{7})$|^([3-9][0-9]{2})([2-8][0-9]{6,7})$/;
const AREA_AND_SHORT = /^0(10|2[0-57-9]|[3-9][0-9]{2})((?:95|96)[0-9]{3,6})$/;
const MOBILE = /^1[3-9][0-9]{9}$/;
const SERVICE = /^[48]00[0-9]{7}$/;
const SHORT = /^95[0-9]{3,6}$|^96[0-9]{3,4}$|^1[0-2][0-9]{3}$|^1[0-2][0-9]$/;
const LOCAL = /^[2-8][0-9]{6,7}$/;
/** What separates an extension: written by people and by PBXs alike. */
const EXTENSION = /^(.*[0-9)])(?:\s*(?:转|轉|ext\.?|x|,|;ext=|#|p)\s*|-(?=[0-9]{1,5}$))([0-9]{1,6})$/i;

/** Reads a number as it came from a trunk or a keyboard. Never throws; what fits nothing is `unknown` with its digits. */
export function readNumber(text: string, rules: NumberRules): PhoneNumber {
  const written = text.trim().normalize('NFKC'); // full-width digits of Chinese keyboards
  if (written === '' || /^(anonymous|unknown|unavailable|restricted|private|withheld)$/i.test(written))
    return { kind: 'anonymous', e164: '', national: '', extension: '' };
  const bare = digitsOf(written);
  if (rules.extensions !== '' && new RegExp(`^(?:${rules.extensions})$`).test(bare))
    return { kind: 'extension', e164: '', national: bare, extension: '' };
  const behind = EXTENSION.exec(written);
  const [, main = '', extension = ''] = behind ?? [];
  // A dash also groups the digits of a number: it is an extension only where the rest is a number of its own.
  const split = behind === null ? undefined : readMain(digitsOf(main), rules);
  if (split !== undefined && !['unknown', 'short', 'emergency'].includes(split.kind)) return { ...split, extension };
  return readMain(bare, rules);
}

/**
 * What to dial on this trunk.
 * @returns null for what cannot be dialled: nothing, or a number that fits no plan
 */
export function dialString(number: PhoneNumber, rules: NumberRules): string | null {
  const { kind, e164, national } = number;
  if (kind === 'anonymous' || kind === 'unknown') return null;
  if (kind === 'extension') return national;
  if (kind === 'short' || kind === 'service' || kind === 'emergency') return `${rules.prefix}${national}`;
  if (rules.outbound === 'e164') return `${rules.prefix}${e164}`;
  const own = `0${rules.areaCode}`;
  const isOwn = rules.outbound === 'local' && kind === 'landline' && rules.areaCode !== '' && national.startsWith(own);
  return `${rules.prefix}${isOwn ? national.slice(own.length) : national}`;
}

function readMain(digits: string, rules: NumberRules): PhoneNumber {
  if (digits.startsWith('+')) return ofWorld(digits.slice(1), rules);
  if (digits.startsWith('00')) return ofWorld(digits.slice(2), rules);
  const home = ofCountry(digits, rules);
  if (home.kind !== 'unknown' || !digits.startsWith(CHINA)) return home;
  const without = ofCountry(digits.slice(CHINA.length), rules); // the country code without any prefix, as many carriers send it
  return without.kind === 'mobile' || without.kind === 'landline' ? without : home;
}

function ofWorld(digits: string, rules: NumberRules): PhoneNumber {
  if (digits.startsWith(CHINA)) {
    const home = ofCountry(digits.slice(CHINA.length), { ...rules, areaCode: '' });
    return home.kind === 'emergency' ? unknown(digits) : home;
  }
  // E.164 §6: up to 15 digits, no country code begins with 0.
  if (!/^[1-9][0-9]{6,14}$/.test(digits)) return unknown(digits);
  return { kind: 'international', e164: `+${digits}`, national: `00${digits}`, extension: '' };
}

function ofCountry(digits: string, { areaCode }: NumberRules): PhoneNumber {
  if (EMERGENCY.has(digits)) return { kind: 'emergency', e164: '', national: digits, extension: '' };
  if (SERVICE.test(digits)) return { kind: 'service', e164: `+${CHINA}${digits}`, national: digits, extension: '' };
  if (SHORT.test(digits)) return { kind: 'short', e164: '', national: digits, extension: '' };
  const elsewhere = AREA_AND_SHORT.exec(digits);
  if (elsewhere !== null) return { kind: 'short', e164: '', national: digits, extension: '' }; // a hotline of another area
  const national = digits.startsWith('0') ? digits.slice(1) : digits;
  // An old habit puts 0 before a mobile number of another area.
  if (MOBILE.test(national)) return { kind: 'mobile', e164: `+${CHINA}${national}`, national, extension: '' };
  if (LOCAL.test(digits) && areaCode !== '') return landline(`${areaCode}${digits}`);
  if (LANDLINE.test(national)) return landline(national);
  return unknown(digits);
}

const landline = (national: string): PhoneNumber =>
  LANDLINE.test(national) ? { kind: 'landline', e164: `+${CHINA}${national}`, national: `0${national}`, extension: '' } : unknown(national);
const unknown = (digits: string): PhoneNumber => ({ kind: 'unknown', e164: '', national: digits.replace('+', ''), extension: '' });

/** Digits, with `+` where it leads; visual separators of RFC 3966 and of people go, `(0)` of letterheads too. */
function digitsOf(text: string): string {
  const plus = /^\s*\(?\+/.test(text) ? '+' : '';
  return plus + (plus === '' ? text : text.replace('(0)', '')).replace(/[^0-9]/g, '');
}
