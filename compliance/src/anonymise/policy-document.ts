/**
 * The policy of a site as data: for each field of each event its class (JR/T 0171) and what leaves of it. A site may write its own, stricter
 * than the law of `policy.ts` or as lax, never laxer; what it leaves out does not leave the site. Pure.
 */
import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { PolicyInvalid, PolicyUnlawful } from './errors.ts';
import { POLICY_LAW } from './policy.ts';
import { drop, type Rule } from './rules.ts';

const FORMAT = 'keepline-policy/1';
/** Bound of everything that is read as a policy, bytes. */
export const POLICY_MAX_BYTES = 262_144;

const Field = Type.Object(
  {
    class: Type.Union([Type.Literal('C1'), Type.Literal('C2'), Type.Literal('C3')]),
    /** `itself` still has the shape its rule lets pass; `pseudonym` has the name of its kind. */
    leaves: Type.Union([Type.Literal('nothing'), Type.Literal('pseudonym'), Type.Literal('itself')]),
  },
  { additionalProperties: false },
);
const NAME = { maxLength: 64 };
export const PolicyDocument = Type.Object(
  {
    format: Type.Literal(FORMAT),
    /** Each policy that is installed has a higher one than the policy before it. */
    version: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    note: Type.String({ maxLength: 200 }),
    events: Type.Record(Type.String(NAME), Type.Record(Type.String(NAME), Field)),
  },
  { additionalProperties: false },
);
export type PolicyDocument = Static<typeof PolicyDocument>;
type FieldPolicy = Static<typeof Field>;
/** What is done to each field of each type. */
export type Rules = ReadonlyMap<string, ReadonlyMap<string, Rule>>;

const LAW: Rules = new Map(Object.entries(POLICY_LAW).map(([type, fields]) => [type, new Map(Object.entries<Rule>(fields))]));
const MOST = { drop: 'nothing', pseudonym: 'pseudonym', check: 'itself' } as const satisfies Record<Rule['do'], FieldPolicy['leaves']>;

/** Where a site has none of its own: all that the law permits. */
export const BUILT_IN: PolicyDocument = {
  format: FORMAT,
  version: 1,
  note: 'built in',
  events: Object.fromEntries(
    [...LAW].map(([type, fields]) => [
      type,
      Object.fromEntries([...fields].map(([field, rule]) => [field, { class: rule.class, leaves: MOST[rule.do] }])),
    ]),
  ),
};

/**
 * @param given parsed JSON, from anybody
 * @throws PolicyInvalid when it is no policy, PolicyUnlawful when it lets pass what its class forbids; each names all places
 */
export function checkPolicy(given: unknown): PolicyDocument {
  if (!Value.Check(PolicyDocument, given))
    throw new PolicyInvalid(
      Value.Errors(PolicyDocument, given)
        .slice(0, 20)
        .map(({ instancePath, message }) => `${instancePath || '/'} ${message}`),
    );
  const faults = Object.entries(given.events).flatMap(([type, fields]) => {
    const law = LAW.get(type);
    if (law === undefined) return [`${type}: no such event`];
    return Object.entries(fields).flatMap(([field, chosen]) => {
      const rule = law.get(field);
      const fault = rule === undefined ? 'no such field' : faultOf(rule, chosen);
      return fault === undefined ? [] : [`${type}.${field}: ${fault}`];
    });
  });
  if (faults.length > 0) throw new PolicyUnlawful(faults);
  return given;
}

/** C3 never leaves, C2 never as itself, and nothing as more than its rule makes of it. */
function faultOf(rule: Rule, { class: claimed, leaves }: FieldPolicy): string | undefined {
  if (claimed < rule.class) return `is of class ${rule.class}, not ${claimed}`;
  if (claimed === 'C3' && leaves !== 'nothing') return 'class C3 never leaves';
  if (claimed === 'C2' && leaves === 'itself') return 'class C2 leaves as a pseudonym or not at all';
  if (leaves !== 'nothing' && leaves !== MOST[rule.do]) return `may leave as ${MOST[rule.do]} or nothing`;
  return undefined;
}

/** @param document one that passed `checkPolicy` */
export function rulesOf(document: PolicyDocument): Rules {
  return new Map(
    Object.entries(document.events).map(([type, fields]) => [
      type,
      new Map(
        Object.entries(fields).flatMap(([field, { leaves }]) => {
          const rule = LAW.get(type)?.get(field);
          return rule === undefined ? [] : [[field, leaves === 'nothing' ? drop : rule] as const];
        }),
      ),
    ]),
  );
}

/** Events and fields of the law that the document leaves out: they are refused and told of, as anything unknown is. */
export function omissionsOf(document: PolicyDocument): string[] {
  return [...LAW].flatMap(([type, fields]) => {
    const own = document.events[type];
    return own === undefined ? [type] : [...fields.keys()].filter((field) => !Object.hasOwn(own, field)).map((field) => `${type}.${field}`);
  });
}

/** SHA-256 of the content, however it was laid out: 64 hexadecimal digits. */
export function policyHash({ format, version, note, events }: PolicyDocument): string {
  const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] => Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const content = [
    format,
    version,
    note,
    sorted(events).map(([type, fields]) => [type, sorted(fields).map(([field, one]) => [field, one.class, one.leaves])]),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
