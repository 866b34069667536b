/**
 * The part of the OSCAL 1.1.2 models that our six files use, as closed shapes: what each object must have, what it may have, and of which data
 * type (NIST OSCAL JSON formats, tables of required and optional properties). A property that is not named here is a fault.
 */
export type Check = (value: unknown, at: string) => string[];

const pattern =
  (what: string, shape: RegExp): Check =>
  (value, at) =>
    typeof value === 'string' && shape.test(value) ? [] : [`${at} is no ${what}: ${JSON.stringify(value)}`];
/** One line without space at its ends: StringDatatype. */
const line = pattern('string', /^\S(.*\S)?$/u);
const token = pattern('token', /^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$/u);
const uuid = pattern('uuid', /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/);
const moment = pattern('date with time zone', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const uri = pattern('uri reference', /^\S+$/);
/** Markup of one or several lines. */
const markup: Check = (value, at) => (typeof value === 'string' ? [] : [`${at} is no text`]);
const oneOf = (...words: readonly string[]): Check => pattern(`one of ${words.join(', ')}`, new RegExp(`^(${words.join('|')})$`));
const list =
  (each: Check): Check =>
  (value, at) =>
    Array.isArray(value) && value.length > 0
      ? value.flatMap((one, i) => each(one, `${at}[${i}]`))
      : [`${at} is no list with something in it`];
const shape =
  (must: Readonly<Record<string, Check>>, may: Readonly<Record<string, Check>> = {}): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
    const missing = Object.keys(must).filter((name) => !Object.hasOwn(value, name));
    return [
      ...missing.map((name) => `${at} has no ${name}`),
      ...Object.entries(value).flatMap(([name, inner]) => {
        const check = must[name] ?? may[name];
        return check ? check(inner, `${at}.${name}`) : [`${at} has ${name}, which the model does not know`];
      }),
    ];
  };

const props = list(shape({ name: token, value: line }, { ns: uri, uuid, class: token, group: token, remarks: markup }));
const described = { props };
const metadata = shape(
  { title: markup, 'last-modified': moment, version: line, 'oscal-version': line },
  {
    ...described,
    roles: list(shape({ id: token, title: markup }, { description: markup, props })),
    parties: list(shape({ uuid, type: oneOf('person', 'organization') }, { name: line, props })),
    'responsible-parties': list(shape({ 'role-id': token, 'party-uuids': list(uuid) })),
  },
);
const part = shape({ name: token }, { id: token, ns: uri, class: token, title: markup, prose: markup, props });
const control = shape({ id: token, title: markup }, { class: token, props, parts: list(part) });
const group = shape({ title: markup }, { id: token, class: token, props, parts: list(part), controls: list(control) });
const selected = list(shape({ 'control-id': token }, { 'statement-ids': list(token) }));
const reviewed = shape(
  { 'control-selections': list(shape({}, { description: markup, 'include-controls': selected, props })) },
  { description: markup },
);
const subject = shape({ 'subject-uuid': uuid, type: token }, { title: markup, props });
const subjects = list(shape({ type: token }, { description: markup, 'include-subjects': list(subject) }));
const imported = shape({ href: uri }, { remarks: markup });
const impact = shape({ base: line }, { selected: line, 'adjustment-justification': markup });
const state = (...words: readonly string[]): Check => shape({ state: oneOf(...words) }, { remarks: markup });

const catalog = shape({ uuid, metadata }, { groups: list(group), controls: list(control) });
const profile = shape({
  uuid,
  metadata,
  imports: list(
    shape({ href: uri }, { 'include-controls': list(shape({}, { 'with-ids': list(token), 'with-child-controls': oneOf('yes', 'no') })) }),
  ),
});
const implementation = shape({
  uuid,
  source: uri,
  description: markup,
  'implemented-requirements': list(shape({ uuid, 'control-id': token, description: markup }, described)),
});
const component = shape(
  { uuid, type: line, title: markup, description: markup },
  { purpose: line, props, 'control-implementations': list(implementation) },
);
const definition = shape({ uuid, metadata }, { components: list(component) });
const securityPlan = shape({
  uuid,
  metadata,
  'import-profile': imported,
  'system-characteristics': shape(
    {
      'system-ids': list(shape({ id: line }, { 'identifier-type': uri })),
      'system-name': line,
      description: markup,
      'system-information': shape({
        'information-types': list(
          shape(
            { title: markup, description: markup },
            { uuid, 'confidentiality-impact': impact, 'integrity-impact': impact, 'availability-impact': impact },
          ),
        ),
      }),
      status: state('operational', 'under-development', 'under-major-modification', 'disposition', 'other'),
      'authorization-boundary': shape({ description: markup }),
    },
    {
      'security-sensitivity-level': line,
      'security-impact-level': shape({
        'security-objective-confidentiality': line,
        'security-objective-integrity': line,
        'security-objective-availability': line,
      }),
    },
  ),
  'system-implementation': shape({
    users: list(shape({ uuid }, { title: markup, 'role-ids': list(token), props })),
    components: list(
      shape({
        uuid,
        type: line,
        title: markup,
        description: markup,
        status: state('under-development', 'operational', 'disposition', 'other'),
      }),
    ),
  }),
  'control-implementation': shape({
    description: markup,
    'implemented-requirements': list(
      shape(
        { uuid, 'control-id': token },
        {
          props,
          'by-components': list(
            shape(
              { 'component-uuid': uuid, uuid, description: markup },
              { 'implementation-status': state('implemented', 'partial', 'planned', 'alternative', 'not-applicable') },
            ),
          ),
        },
      ),
    ),
  }),
});
const assessmentPlan = shape(
  { uuid, metadata, 'import-ssp': imported, 'reviewed-controls': reviewed },
  { 'assessment-subjects': subjects },
);
const observation = shape(
  { uuid, description: markup, methods: list(oneOf('EXAMINE', 'INTERVIEW', 'TEST', 'UNKNOWN')), collected: moment },
  { title: markup, props, types: list(token), subjects: list(subject), expires: moment },
);
const finding = shape(
  {
    uuid,
    title: markup,
    description: markup,
    target: shape(
      {
        type: oneOf('statement-id', 'objective-id'),
        'target-id': token,
        status: shape({ state: oneOf('satisfied', 'not-satisfied') }, { reason: token, remarks: markup }),
      },
      { title: markup, description: markup },
    ),
  },
  { props, 'related-observations': list(shape({ 'observation-uuid': uuid })) },
);
const result = shape(
  { uuid, title: markup, description: markup, start: moment, 'reviewed-controls': reviewed },
  { end: moment, props, observations: list(observation), findings: list(finding) },
);
const assessmentResults = shape({ uuid, metadata, 'import-ap': imported, results: list(result) });

/** By the name of the file. */
export const OSCAL_SHAPES: Readonly<Record<string, Check>> = {
  'catalog.json': shape({ catalog }),
  'profile.json': shape({ profile }),
  'component-definition.json': shape({ 'component-definition': definition }),
  'system-security-plan.json': shape({ 'system-security-plan': securityPlan }),
  'assessment-plan.json': shape({ 'assessment-plan': assessmentPlan }),
  'assessment-results.json': shape({ 'assessment-results': assessmentResults }),
};
