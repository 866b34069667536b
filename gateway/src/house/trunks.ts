/**
 * The way to trunks and phones, put together: who may speak, who is registered, which trunk lives, and the SIP side that carries it. Opens
 * last, so that no call arrives before the house can take it.
 */
import { isIPv6 } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { KeeplineError } from '@keepline/contracts/errors';
import type { AgentId } from '@keepline/contracts/ids';
import type { SiteConfig } from '@keepline/contracts/site-config';
import { type Phone, phoneAddresses } from '../legs/phone-offer.ts';
import { newSdpIdentity } from '../legs/sip-leg.ts';
import { ownCall, takeOver } from '../legs/take-over.ts';
import { refuseReferrals, type TellWish } from '../legs/trunk-wishes.ts';
import type { Binding } from '../registrar/bindings.ts';
import { Registrar } from '../registrar/registrar.ts';
import { isProvedByPlace } from '../registrar/static-phone.ts';
import type { Roster } from '../routing/roster.ts';
import { refuseSession } from '../siprec/receive-session.ts';
import { DigestGuard } from '../sip/digest-guard.ts';
import { addressOf } from '../sip/dialog.ts';
import { Locator } from '../sip/locator.ts';
import { NameCache } from '../sip/name-cache.ts';
import { hostText } from '../sip/transport.ts';
import { type IncomingCall, type SipSource, UserAgent } from '../sip/user-agent.ts';
import { Gatekeeper } from '../trunks/gatekeeper.ts';
import { readSipSecrets } from '../trunks/secrets.ts';
import { RETRY_AFTER_SECONDS, type Trunk, TrunkTable } from '../trunks/trunk-table.ts';
import { type TrunkStatus, TrunkWatch } from '../trunks/trunk-watch.ts';
import type { Ground } from './ground.ts';
import type { Overload } from './overload.ts';
import { keepSipTlsFresh, sipTlsOf } from './sip-tls.ts';

/** What an agent's `phone` says when it registers here. */
const REGISTERED = 'registered';

export interface TrunkOffice {
  readonly userAgent: UserAgent;
  readonly watch: TrunkWatch;
  /** Where the targets of trunks are. */
  readonly places: Locator;
  /** What the far end of a trunk asked of a call, for the audit log. */
  readonly tellWish: TellWish;
  /** URI of the site, for From. */
  readonly siteUri: string;
  trunkOf(source: SipSource): Trunk | undefined;
  /** Whose phone that is, static or registered. */
  agentAt(source: SipSource): AgentId | undefined;
  /** Whether the call is to the echo, and from where it may be called: the phone of an agent, or this machine itself. */
  isEcho(call: Pick<IncomingCall, 'source' | 'requestUri'>): boolean;
  /** Phones of an agent that can be rung now; null for one at the browser. */
  phonesOf(agentId: AgentId): readonly Phone[] | null;
  status(): { readonly trunks: TrunkStatus[]; readonly registeredPhones: number; readonly bannedSources: number };
  close(): Promise<void>;
}

/** What becomes of INVITEs. */
export interface CallTakers {
  readonly onInvite: (call: IncomingCall) => void;
  /** A call was turned away for overload, by this trunk; '' for a phone's. */
  readonly onShed: (trunk: string, status: number, why: string) => void;
}

export async function openTrunks(
  ground: Ground,
  roster: Roster,
  overload: Pick<Overload, 'refusal' | 'follow'>,
  { onInvite, onShed }: CallTakers,
): Promise<TrunkOffice> {
  const { site, data, log, store, events, audited, onFault } = ground;
  requireWayForKeys(site);
  const ours = [site.network.address, ...site.sip.addresses];
  const secrets = readSipSecrets(within(data, site.sip.secretsFile), site.site);
  const table = new TrunkTable(site.sip.trunks);
  const phones = phoneAddresses(site.agents);
  const staticPhones = site.agents.flatMap(({ id, phone }) => {
    const place = phone === '' || phone === REGISTERED ? null : addressOf(phone);
    return place === null ? [] : [{ id, place }];
  });
  const staticAt = ({ address, port }: SipSource): AgentId | undefined =>
    staticPhones.find(({ place }) => place.address === address && place.port === port)?.id;
  const registering = new Set(site.agents.filter(({ phone }) => phone === REGISTERED).map(({ id }) => id));
  const guard = new DigestGuard({ realm: site.site, clock, status: 401, algorithms: site.sip.digestAlgorithms });
  // Each needs the other: the registrar tells the gatekeeper of guesses, and asks nothing of it before it is open.
  let gatekeeper: Gatekeeper | undefined;
  const registrar = await Registrar.open({
    store,
    clock,
    guard,
    rules: { ...site.sip.registrar, defaultSeconds: Math.min(DEFAULT_SECONDS, site.sip.registrar.maxSeconds) },
    agents: registering,
    secretOf: (agentId) => secrets.phone(agentId),
    onWrong: (address) => gatekeeper?.refused(address),
    onPresence: (agentId, isPresent) => attend(roster, agentId, isPresent),
    onFault,
  });
  gatekeeper = new Gatekeeper({
    clock,
    trunks: table,
    secrets,
    guard,
    ban: { refusals: site.sip.ban.refusals, withinMs: site.sip.ban.withinSeconds * 1000, forMs: site.sip.ban.forSeconds * 1000 },
    callsPerSecond: site.sip.sourceCallsPerSecond,
    hasRegistrar: registering.size > 0,
    vetPhone(inbound) {
      const fixed = staticAt(inbound.source);
      if (fixed !== undefined) return isProvedByPlace(inbound.source, site.sip.staticPhones) ? null : registrar.prove(inbound, fixed);
      const agentId = registrar.agentAt(inbound.source);
      return agentId === undefined ? undefined : registrar.prove(inbound, agentId);
    },
    isPhone: (address) => phones.has(address) || registrar.knows(address),
    itself: { addresses: new Set(ours.filter((address) => !isLoopback(address))), echo: site.featureCodes.echo },
    onBan(address) {
      log.warn({ address, seconds: site.sip.ban.forSeconds }, 'a source that knocks at every door gets no answer for a while');
      const act = { who: 'gateway', role: 'system', from: 'local', object: address, purpose: 'too many refused requests' };
      audited('sip.ban', act, async () => {}).catch(onFault);
    },
  });
  const keeper = gatekeeper;
  const tellWish: TellWish = (trunk, wish, outcome) => {
    const act = { who: 'gateway', role: 'system', from: 'local', object: trunk, purpose: `asked by the far end: ${outcome}` };
    audited(wish, act, async () => {}).catch(onFault);
  };
  const tls = await sipTlsOf(site, data, clock);
  const names = new NameCache({ clock, servers: site.sip.dnsServers });
  const places = new Locator({
    clock,
    names,
    families: isIPv6(ours[0] ?? '') ? [6, 4] : ours.some((address) => isIPv6(address)) ? [4, 6] : [4],
    canTls: tls !== null,
    random: Math.random,
  });
  const userAgent = await UserAgent.start({
    address: site.network.address,
    addresses: site.sip.addresses,
    port: site.sip.port,
    ...(tls ? { tls } : {}),
    clock,
    product: 'Keepline',
    limits: site.sip,
    admit: keeper.admit,
    vet(inbound) {
      const refusal = keeper.vet(inbound) ?? refuseSession(inbound, keeper.trunkOf(inbound.source));
      if (refusal !== null) return refusal;
      const shed = overload.refusal(inbound);
      if (shed !== null) onShed(keeper.trunkOf(inbound.source)?.config.name ?? '', shed.status, shed.why);
      return shed;
    },
    ...(registering.size > 0 ? { register: registrar.answer } : {}),
    // The trunk a request of ours goes to: the one whose target led there.
    secretFor: (to) => secrets.outbound(table.all().find(({ config }) => places.isPlaceOf(config.target, to))?.name ?? ''),
    onInvite(call) {
      overload.follow(call);
      const trunk = keeper.trunkOf(call.source);
      if (trunk) {
        refuseReferrals(call, trunk.name, tellWish); // a phone's own line takes its transfer key itself
        ownCall(call, `trunk:${trunk.name}`);
      }
      onInvite(call);
    },
    onReplaces(call, replaced) {
      const agentId = staticAt(call.source) ?? registrar.agentAt(call.source);
      const trunk = agentId === undefined ? keeper.trunkOf(call.source) : undefined;
      const owner = trunk?.config.replaces === true ? `trunk:${trunk.name}` : agentId === undefined ? '' : `agent:${agentId}`;
      const allowance = trunk?.admit(clock.monotonicMs());
      if (allowance?.admitted === false) return call.reject(503, { retryAfterSeconds: RETRY_AFTER_SECONDS });
      if (allowance) void call.ended.then(allowance.release);
      overload.follow(call);
      if (trunk) refuseReferrals(call, trunk.name, tellWish);
      const isTaken = takeOver(call, replaced, {
        ...{ owner, srtp: trunk?.config.srtp ?? site.media.phoneSrtp, srtpKeysWithoutTls: site.media.srtpKeysWithoutTls },
        newIdentity: newSdpIdentity,
      });
      tellWish(trunk?.name ?? agentId ?? '', 'sip.replace', isTaken ? 'followed' : 'refused');
    },
    log: (level, what, fields) => log[level](fields, what),
  });
  const endTlsLook = keepSipTlsFresh({ site, data, clock, inUse: tls, userAgent, onFault });
  const siteHost = `${hostText(site.network.address)}:${userAgent.port}`;
  const watch = new TrunkWatch({
    clock,
    trunks: table.all(),
    agent: userAgent,
    places,
    siteHost,
    contactFor: (to) => `sip:${site.site}@${userAgent.sentBy(to)}${to.transport === 'udp' ? '' : `;transport=${to.transport}`}`,
    usernameOf: (trunk) => secrets.outbound(trunk)?.username,
    onChange(trunk, from, to, why) {
      log[to === 'down' ? 'error' : 'info']({ trunk, from, to, why }, 'a trunk changed');
      store.write((tx) => events.append(tx, 'trunk.changed', { trunk, from, to, why })).catch(onFault);
    },
    onFault,
  });
  return {
    userAgent,
    watch,
    places,
    tellWish,
    siteUri: `sip:${site.site}@${siteHost}`,
    agentAt: (source) => staticAt(source) ?? registrar.agentAt(source),
    isEcho({ source, requestUri }) {
      if (site.featureCodes.echo === '' || requestUri.user !== site.featureCodes.echo) return false;
      return ours.includes(source.address) || staticAt(source) !== undefined || registrar.agentAt(source) !== undefined;
    },
    trunkOf: (source) => keeper.trunkOf(source),
    phonesOf(agentId) {
      const { phone } = roster.config(agentId);
      if (phone === '') return null;
      if (phone !== REGISTERED) return [{ uri: phone, path: [] }];
      return registrar.of(agentId).flatMap((binding) => phoneOf(binding, userAgent) ?? []);
    },
    status: () => ({ trunks: watch.status(), registeredPhones: registrar.size, bannedSources: keeper.banned }),
    async close() {
      endTlsLook();
      watch.close();
      names.close();
      registrar.close();
      await userAgent.close();
    },
  };
}

/** A site that asks for encrypted sound and has no way to name its keys would refuse every call: better not open. @throws KeeplineError */
export function requireWayForKeys({ sip, media, agents }: Pick<SiteConfig, 'sip' | 'media' | 'agents'>): void {
  if (sip.tls.enabled || media.srtpKeysWithoutTls) return;
  const asking = sip.trunks.find((trunk) => trunk.srtp === 'required')?.name;
  const phones = media.phoneSrtp === 'required' && agents.some(({ phone }) => phone !== '') ? 'media.phoneSrtp' : undefined;
  const offending = asking ?? phones;
  if (offending === undefined) return;
  throw new KeeplineError('SRTP_NEEDS_TLS', `${offending} requires encrypted sound, and there is no TLS to name its keys over`, {
    hint: 'Turn on sip.tls, or set media.srtpKeysWithoutTls where the network is protected by other means.',
    offending,
  });
}

/** Whoever shares the loopback address is not the machine: a site there is one to try things, and its trunks say who may call. */
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Where a phone says nothing of how long it stays, seconds. */
const DEFAULT_SECONDS = 600;
/** A phone that registered is ready for calls; one that is gone is offered none. */
function attend(roster: Roster, agentId: AgentId, isPresent: boolean): void {
  if (!isPresent) return void roster.apply(agentId, { do: 'lose' }); // a call in progress ends by its own leg
  roster.apply(agentId, { do: 'sign_in' });
  if (roster.state(agentId).reason === 'signed_in') roster.apply(agentId, { do: 'ready' });
}

/** How a registered phone is rung; null when its connection is gone and nobody listens where it came from. */
function phoneOf(binding: Binding, userAgent: UserAgent): Phone | null {
  const { contact: uri, path, address, port, transport } = binding;
  const [first] = path;
  const through = first === undefined ? null : addressOf(/<([^>]*)>/.exec(first)?.[1] ?? first);
  if (through !== null) return { uri, path, hop: through };
  const hop: SipSource = { address, port, transport };
  if (userAgent.isReachable(hop)) return { uri, path, hop };
  return transport === 'tls' ? null : { uri, path };
}

const within = (data: string, path: string): string => (isAbsolute(path) ? path : join(data, path));
