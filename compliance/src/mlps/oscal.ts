/**
 * The evidence as OSCAL 1.1.2 (NIST): catalog, profile, component definition, system security plan, assessment plan, assessment results. Six files
 * that refer to each other by relative name and by version 5 UUIDs. Pure. Text is English, with the Chinese beside it as a property.
 */
import { CATALOGUE, type CatalogueItem } from './catalogue.ts';
import { type Evidence, type ItemProof } from './evidence.ts';
import { type ItemResult, VERDICT_WORDS } from './judgement.ts';
import { uuidOf } from './uuid.ts';

export const OSCAL_VERSION = '1.1.2';
const NAMES = {
  catalog: 'catalog.json',
  profile: 'profile.json',
  component: 'component-definition.json',
  plan: 'system-security-plan.json',
  assessment: 'assessment-plan.json',
  results: 'assessment-results.json',
} as const;
const NS = 'https://keepline.example/ns/oscal';

export interface OscalFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A token of OSCAL begins with a letter. */
const controlId = (item: string): string => `mlps-${item}`;
const prop = (name: string, value: string) => ({ name, ns: NS, value });

export function oscalFiles(evidence: Evidence): OscalFile[] {
  const { site, takenAt } = evidence.facts;
  const id = (...name: string[]): string => uuidOf(site, takenAt, ...name);
  const metadata = (title: string) => ({
    title,
    'last-modified': takenAt,
    version: takenAt,
    'oscal-version': OSCAL_VERSION,
    roles: [{ id: 'assessor', title: 'Self-assessment by the appliance' }],
    parties: [{ uuid: id('party'), type: 'organization', name: site }],
    'responsible-parties': [{ 'role-id': 'assessor', 'party-uuids': [id('party')] }],
  });
  const documents: Record<string, object> = {
    [NAMES.catalog]: {
      catalog: { uuid: uuidOf('catalog'), metadata: metadata('MLPS level 3, technical items, in paraphrase'), groups: groups() },
    },
    [NAMES.profile]: {
      profile: {
        uuid: uuidOf('profile'),
        metadata: metadata('MLPS level 3 profile of Keepline'),
        imports: [{ href: NAMES.catalog, 'include-controls': [{ 'with-ids': CATALOGUE.map(({ item }) => controlId(item)) }] }],
      },
    },
    [NAMES.component]: {
      'component-definition': {
        uuid: uuidOf('component-definition'),
        metadata: metadata('Keepline appliance'),
        components: [definition()],
      },
    },
    [NAMES.plan]: { 'system-security-plan': securityPlan(evidence, id, metadata(`System security plan of ${site}`)) },
    [NAMES.assessment]: {
      'assessment-plan': {
        uuid: id('assessment-plan'),
        metadata: metadata(`Self-assessment of ${site}`),
        'import-ssp': { href: NAMES.plan },
        'reviewed-controls': reviewed(),
        'assessment-subjects': [{ type: 'component', 'include-subjects': [{ 'subject-uuid': id('this-system'), type: 'component' }] }],
      },
    },
    [NAMES.results]: { 'assessment-results': assessmentResults(evidence, id, metadata(`Results of the self-assessment of ${site}`)) },
  };
  return Object.entries(documents).map(([name, document]) => ({ name, bytes: Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`) }));
}

/** A property of OSCAL is never empty, nor is a list of them. */
const provenBy = (proof: ItemProof | undefined): object =>
  proof ? { props: [prop('audit-log-entry', String(proof.entry)), prop('judgement-sha256', proof.sha256)] } : {};

const reviewed = () => ({
  'control-selections': [{ 'include-controls': CATALOGUE.map(({ item }) => ({ 'control-id': controlId(item) })) }],
});

function groups(): object[] {
  const points = Map.groupBy(CATALOGUE, ({ item }) => item.replace(/\.[a-z]$/, ''));
  return [...points].map(([point, items]) => ({
    id: controlId(point),
    title: items[0]?.point.en ?? point,
    props: [prop('title-zh', items[0]?.point.zh ?? '')],
    controls: items.map(({ item, testUnit, requirement, automatable }) => ({
      id: controlId(item),
      title: requirement.en,
      props: [
        { name: 'label', value: item },
        prop('test-unit', testUnit),
        prop('automatable', automatable),
        prop('title-zh', requirement.zh),
      ],
      parts: [{ id: `${controlId(item)}_smt`, name: 'statement', prose: requirement.en }],
    })),
  }));
}

function definition(): object {
  return {
    uuid: uuidOf('component'),
    type: 'software',
    title: 'Keepline',
    description: 'On-premise contact centre appliance.',
    'control-implementations': [
      {
        uuid: uuidOf('control-implementation'),
        source: NAMES.profile,
        description: 'What the product does for each item, and who answers for the rest.',
        'implemented-requirements': CATALOGUE.map((entry) => ({
          uuid: uuidOf('implemented', entry.item),
          'control-id': controlId(entry.item),
          description: entry.does.en,
          props: [prop('responsibility', entry.responsibility), prop('description-zh', entry.does.zh)],
        })),
      },
    ],
  };
}

type Id = (...name: string[]) => string;

function securityPlan({ facts, results }: Evidence, id: Id, metadata: object): object {
  const STATUS: Readonly<Record<ItemResult['verdict'], string>> = {
    met: 'implemented',
    partly: 'partial',
    not_met: 'planned',
    not_applicable: 'not-applicable',
    not_measurable: 'planned',
  };
  const statusOf = (entry: CatalogueItem): string => STATUS[results.find(({ item }) => item === entry.item)?.verdict ?? 'not_measurable'];
  const level = 'fips-199-moderate';
  return {
    uuid: id('plan'),
    metadata,
    'import-profile': { href: NAMES.profile },
    'system-characteristics': {
      'system-ids': [{ 'identifier-type': 'https://ietf.org/rfc/rfc4122', id: uuidOf('site', facts.site) }],
      'system-name': `Keepline ${facts.site}`,
      description: 'Contact centre appliance on the premises of a bank, graded MLPS level 3.',
      'security-sensitivity-level': level,
      'system-information': {
        'information-types': [
          {
            title: 'Calls, recordings and accounts',
            description: 'Personal and financial information of customers, and authentication data.',
            'confidentiality-impact': { base: level },
            'integrity-impact': { base: level },
            'availability-impact': { base: level },
          },
        ],
      },
      'security-impact-level': {
        'security-objective-confidentiality': level,
        'security-objective-integrity': level,
        'security-objective-availability': level,
      },
      status: { state: 'operational' },
      'authorization-boundary': { description: 'The appliance and the machine it runs on; the cloud receives anonymised events only.' },
    },
    'system-implementation': {
      users: ['system_admin', 'security_admin', 'audit_admin'].map((role) => ({
        uuid: uuidOf('user', role),
        title: role,
        'role-ids': ['assessor'],
      })),
      components: [
        {
          uuid: id('this-system'),
          type: 'this-system',
          title: `Keepline ${facts.site}`,
          description: 'The appliance.',
          status: { state: 'operational' },
        },
      ],
    },
    'control-implementation': {
      description: 'Per item, from the product and the operator.',
      'implemented-requirements': CATALOGUE.map((entry) => ({
        uuid: id('requirement', entry.item),
        'control-id': controlId(entry.item),
        'by-components': [
          {
            'component-uuid': id('this-system'),
            uuid: id('by-component', entry.item),
            description: entry.does.en,
            'implementation-status': { state: statusOf(entry) },
          },
        ],
      })),
    },
  };
}

function assessmentResults({ facts, results, proofs, checkpoint }: Evidence, id: Id, metadata: object): object {
  const proofOf = (item: string): ItemProof | undefined => proofs.find((proof) => proof.item === item);
  const observation = ({ item, testUnit, checks, measuredAt }: ItemResult): object => ({
    uuid: id('observation', item),
    title: `${item} ${testUnit}`,
    description: checks.map(({ what, found }) => `${what.en}: ${found}`).join('\n') || 'Attested only.',
    ...provenBy(proofOf(item)),
    methods: [checks.length > 0 ? 'TEST' : 'EXAMINE'],
    subjects: [{ 'subject-uuid': id('this-system'), type: 'component' }],
    collected: measuredAt,
  });
  const finding = ({ item, verdict }: ItemResult): object => ({
    uuid: id('finding', item),
    title: `${item}: ${VERDICT_WORDS[verdict].en}`,
    description: CATALOGUE.find((entry) => entry.item === item)?.remedy.en ?? '',
    props: [prop('verdict', verdict)],
    target: {
      type: 'statement-id',
      'target-id': `${controlId(item)}_smt`,
      status: { state: verdict === 'met' || verdict === 'not_applicable' ? 'satisfied' : 'not-satisfied', reason: verdict },
    },
    'related-observations': [{ 'observation-uuid': id('observation', item) }],
  });
  return {
    uuid: id('results'),
    metadata,
    'import-ap': { href: NAMES.assessment },
    results: [
      {
        uuid: id('result'),
        title: `Period ${facts.from} to ${facts.to}`,
        description: `Self-assessment under the checkpoint ${checkpoint.split('\n').slice(0, 3).join(' ')}`,
        start: facts.takenAt,
        'reviewed-controls': reviewed(),
        observations: results.map(observation),
        findings: results.map(finding),
      },
    ],
  };
}
