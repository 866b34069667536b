/** The kinds of personal data that free text is searched for, and what a find looks like. Offsets are UTF-16 units of the text given. */
export const KINDS = [
  ...['RESIDENT_ID', 'MOBILE', 'LANDLINE', 'BANK_CARD', 'PASSPORT', 'HK_MACAO_PERMIT', 'TAIWAN_PERMIT', 'DRIVER_LICENCE', 'USCC', 'PLATE'],
  ...['EMAIL', 'QQ', 'WECHAT', 'SMS_CODE', 'PIN', 'CVV', 'CARD_EXPIRY', 'BIRTH_DATE', 'ADDRESS', 'PERSON_NAME'],
] as const satisfies readonly string[];

export type Kind = (typeof KINDS)[number];

export interface PersonalData {
  readonly type: Kind;
  readonly start: number;
  /** First offset behind it. */
  readonly end: number;
}

/** What a recogniser proposes, in offsets of the folded text. The surer claim wins an overlap. */
export interface Claim extends PersonalData {
  /** 1–100: 90 and above is proven by a check digit or grammar, 60–89 named by a keyword, below that by shape only. */
  readonly sureness: number;
}
