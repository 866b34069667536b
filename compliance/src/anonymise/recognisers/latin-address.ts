/** Addresses in the English order: room, floor, building, number, street, district, city. The text is folded to upper case. Pure. */
import type { Claim } from '../kinds.ts';
import type { Reading } from '../reading/reading.ts';

const WORD = "[A-Z][A-Z'’.-]{1,15}";
const DOOR =
  '(?:(?:ROOM|RM|FLAT|UNIT|SUITE|APT|APARTMENT|BUILDING|BLDG|BLOCK|BLK|TOWER|FLOOR|NO|LOT)[.:]? ?#?[0-9A-Z-]{1,6}|#?[0-9]{1,5}[A-Z]?(?:ST|ND|RD|TH)?(?:[-/][0-9F]{1,5})?(?: FLOOR|/F)?)';
const STREET =
  '(?:ROAD|STREET|AVENUE|BOULEVARD|LANE|DRIVE|HIGHWAY|ALLEY|COURT|GARDENS?|ESTATE|PLAZA|MANSION|TERRACE|CRESCENT|SQUARE|CENTRE|CENTER|CLOSE|RD|AVE|BLVD|LU|JIE|DADAO)\\b\\.?';
/** Every part has a longest length, so a text of such words costs a constant for each place. */
const ADDRESS = new RegExp(
  `\\b(?:${DOOR},? ?(?:${WORD} ){0,2}?(?:${WORD}, ?)?){1,5}(?:${WORD} ){1,4}?${STREET}(?: (?:WEST|EAST|NORTH|SOUTH|CENTRAL|MIDDLE))?(?:, ?${WORD}(?: ${WORD}){0,2}){0,5}(?:,? [0-9]{5,6}\\b)?`,
  'g',
);

export function* latinAddress({ text }: Reading): Generator<Claim> {
  for (const found of text.matchAll(ADDRESS))
    yield { type: 'ADDRESS', start: found.index, end: found.index + found[0].length, sureness: 84 };
}
