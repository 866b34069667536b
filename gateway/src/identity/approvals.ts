/**
 * Four eyes: an act the site demands it for runs only with a request that another person has approved, within its time, once, and for
 * exactly what was asked. Requests are durable before they are told; each step is audited before and after.
 */
import { ALWAYS_APPROVED_ACTS, type Approval, type ApprovalAct, type ApprovalState, isApprovalAct } from '@keepline/contracts/approvals';
import type { Clock } from '@keepline/contracts/clock';
import { newId } from '@keepline/contracts/ids';
import { type Bound, bindingOf, canonicalParams, whyMayNotAsk, whyMayNotDecide, whyMayNotUse } from './approval-rules.ts';
import { ApprovalInvalid, ApprovalLimit, ApprovalNeeded, ApprovalRefused, ApprovalUnknown } from './approval-errors.ts';
import type { Directory } from './directory.ts';
import type { Actor, Audited, IdentityStore, Param } from './identity-store.ts';

/** Requests that wait or are approved and not used, in all and of one person. */
export const OPEN_MAX = 1000;
export const OPEN_PER_PERSON = 20;
/** Longest life of a request, hours. */
export const HOURS_MAX = 72;
const PARAMS_MAX_CHARS = 4096;
/** What is over is shown this long; the audit log knows it for ever. */
const KEPT_MS = 400 * 86_400_000;
const LISTED_MAX = 200;
const HOUR_MS = 3_600_000;
const OBJECT = /^[a-z][A-Za-z0-9._:/-]{0,127}$/;
const LINE = /^[^\p{Cc}]{3,200}$/u;

export interface ApprovalsOptions {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'find' | 'refresh'>;
  readonly audited: Audited;
}
export interface Wish extends Bound {
  readonly purpose: string;
  /** 1 to 72. */
  readonly hours: number;
}
interface Row {
  approval_id: string;
  act: string;
  object: string;
  params: string;
  binding_sha256: string;
  purpose: string;
  requested_by: string;
  requested_at_ms: number;
  expires_at_ms: number;
  state: Exclude<ApprovalState, 'expired'>;
  decided_by: string;
  decided_at_ms: number;
  reason: string;
  used_by: string;
  used_at_ms: number;
}

export class Approvals {
  readonly #o: ApprovalsOptions;

  constructor(o: ApprovalsOptions) {
    this.#o = o;
  }

  /** Writes down what this site demands; the console reads it from there. */
  async demand(acts: readonly ApprovalAct[]): Promise<void> {
    await this.#o.store.write(async (tx) => {
      await tx.run('DELETE FROM four_eyes');
      for (const act of new Set(acts)) await tx.run('INSERT INTO four_eyes (act) VALUES (?)', act);
    });
  }

  async isDemanded(act: ApprovalAct): Promise<boolean> {
    if (ALWAYS_APPROVED_ACTS.some((always) => always === act)) return true;
    return (await this.#o.store.read.get<{ act: string }>('SELECT act FROM four_eyes WHERE act = ?', act)) !== undefined;
  }

  /** @throws ApprovalInvalid, ApprovalRefused, ApprovalLimit */
  async request(actor: Actor, wish: Wish): Promise<Approval> {
    const { clock, directory, store } = this.#o;
    const { act, object, purpose, hours } = wish;
    const params = canonicalParams(wish.params);
    if (!OBJECT.test(object)) throw new ApprovalInvalid('the object is no identifier of this site');
    if (!LINE.test(purpose)) throw new ApprovalInvalid('the purpose has 3 to 200 characters on one line');
    if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MAX) throw new ApprovalInvalid(`it lives 1 to ${HOURS_MAX} hours`);
    if (params.length > PARAMS_MAX_CHARS) throw new ApprovalInvalid('its parameters are too long');
    const why = whyMayNotAsk(directory.find(actor.who), act);
    if (why !== undefined) throw new ApprovalRefused(why);
    const now = clock.now();
    const id = newId('apr', now);
    await this.#act('approval.request', actor, id, `${act} ${object}: ${purpose}`, async () => {
      await store.write((tx) => tx.run('DELETE FROM approvals WHERE expires_at_ms < ?', now - KEPT_MS));
      const values: Param[] = [id, act, object, params, bindingOf(wish), purpose, actor.who, now, now + hours * HOUR_MS];
      const added = await store.write((tx) => tx.run(ADD, ...values, now, OPEN_MAX, actor.who, now, OPEN_PER_PERSON));
      if (added.changes === 0) throw new ApprovalLimit(OPEN_PER_PERSON);
    });
    return this.get(id);
  }

  /** Newest first, 200 at most. */
  async list(): Promise<Approval[]> {
    const rows = await this.#o.store.read.all<Row>(`SELECT * FROM approvals ORDER BY approval_id DESC LIMIT ${LISTED_MAX}`);
    return rows.flatMap((row) => this.#shown(row) ?? []);
  }

  /** @throws ApprovalUnknown */
  async get(id: string): Promise<Approval> {
    const row = await this.#row(id);
    const approval = row && this.#shown(row);
    if (!approval) throw new ApprovalUnknown();
    return approval;
  }

  /** @throws ApprovalUnknown, ApprovalRefused */
  async decide(actor: Actor, id: string, verdict: 'approve' | 'refuse', reason: string): Promise<Approval> {
    const { clock, directory, store } = this.#o;
    if (reason !== '' && !LINE.test(reason)) throw new ApprovalInvalid('the reason has 3 to 200 characters on one line');
    await directory.refresh();
    const approval = await this.get(id);
    const { act, object } = approval;
    await this.#act(verdict === 'approve' ? 'approval.approve' : 'approval.refuse', actor, id, `${act} ${object}: ${reason}`, async () => {
      const now = clock.now();
      const why = whyMayNotDecide(approval, directory.find(approval.requestedBy), directory.find(actor.who), now);
      if (why !== undefined) throw new ApprovalRefused(why);
      const state = verdict === 'approve' ? 'approved' : 'refused';
      const decided = await store.write((tx) => tx.run(DECIDE, state, actor.who, now, reason, id, now));
      if (decided.changes === 0) throw new ApprovalRefused('somebody decided it a moment ago');
    });
    return this.get(id);
  }

  /**
   * Runs an act, with four eyes where this site demands them. The approval is used up before the act begins, whatever becomes of it.
   * @param executor account that acts, or the user of the console
   * @throws ApprovalNeeded, ApprovalUnknown, ApprovalRefused, or what `run` throws
   */
  async perform<T>(executor: Actor, bound: Bound, approvalId: string | undefined, run: () => Promise<T>): Promise<T> {
    if (!(await this.isDemanded(bound.act))) return run();
    if (approvalId === undefined || approvalId === '') throw new ApprovalNeeded(bound);
    await this.#use(executor, bound, approvalId);
    return run();
  }

  async #use(executor: Actor, bound: Bound, id: string): Promise<void> {
    const { clock, directory, store } = this.#o;
    await directory.refresh();
    const approval = await this.get(id);
    await this.#act('approval.use', executor, id, `${bound.act} ${bound.object}`, async () => {
      const now = clock.now();
      const parties = { asker: directory.find(approval.requestedBy), decider: directory.find(approval.decidedBy) };
      const why = whyMayNotUse(approval, parties, executor.from === 'console' ? 'console' : executor.who, now);
      if (why !== undefined) throw new ApprovalRefused(why);
      const binding = bindingOf(bound);
      const used = await store.write((tx) => tx.run(USE, executor.who, now, id, binding, now));
      if (used.changes === 0)
        throw new ApprovalRefused(
          binding === (await this.#row(id))?.binding_sha256 ? 'it was used a moment ago' : 'it is for something else',
        );
    });
  }

  #row(id: string): Promise<Row | undefined> {
    return this.#o.store.read.get<Row>('SELECT * FROM approvals WHERE approval_id = ?', id);
  }

  #shown(row: Row): Approval | undefined {
    if (!isApprovalAct(row.act)) return undefined;
    const isOpen = row.state === 'waiting' || row.state === 'approved';
    return {
      id: row.approval_id,
      act: row.act,
      object: row.object,
      params: row.params,
      purpose: row.purpose,
      requestedBy: row.requested_by,
      requestedAtMs: row.requested_at_ms,
      expiresAtMs: row.expires_at_ms,
      state: isOpen && this.#o.clock.now() >= row.expires_at_ms ? 'expired' : row.state,
      decidedBy: row.decided_by,
      decidedAtMs: row.decided_at_ms,
      reason: row.reason,
      usedBy: row.used_by,
      usedAtMs: row.used_at_ms,
    };
  }

  #act<T>(
    act: 'approval.request' | 'approval.approve' | 'approval.refuse' | 'approval.use',
    actor: Actor,
    object: string,
    purpose: string,
    run: () => Promise<T>,
  ): Promise<T> {
    const context = { ...actor, object, purpose: purpose.slice(0, 256), correlation: newId('req', this.#o.clock.now()) };
    return this.#o.audited(act, context, run);
  }
}

const OPEN = "state IN ('waiting', 'approved') AND expires_at_ms >";
/** The bounds hold in the one statement that adds: two requests at the same moment cannot both take the last place. */
const ADD = `INSERT INTO approvals
  (approval_id, act, object, params, binding_sha256, purpose, requested_by, requested_at_ms, expires_at_ms, state)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting'
  WHERE (SELECT count(*) FROM approvals WHERE ${OPEN} ?) < ?
  AND (SELECT count(*) FROM approvals WHERE requested_by = ? AND ${OPEN} ?) < ?`;
const DECIDE = `UPDATE approvals SET state = ?, decided_by = ?, decided_at_ms = ?, reason = ?
  WHERE approval_id = ? AND state = 'waiting' AND expires_at_ms > ?`;
const USE = `UPDATE approvals SET state = 'used', used_by = ?, used_at_ms = ?
  WHERE approval_id = ? AND binding_sha256 = ? AND state = 'approved' AND expires_at_ms > ?`;
