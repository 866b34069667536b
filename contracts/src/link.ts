/** The cloud link as everyone on the site speaks of it. */
export type LinkState = 'up' | 'suspect' | 'down' | 'probing';

/** What a person reads about a condition; the same words on the desk, in the drill's report and in the runbook. */
interface Words {
  readonly zh: string;
  readonly en: string;
}

/**
 * What is wrong with the link, beside its state: the state says what to expect of it, the condition what to do about it. Each has its code
 * (`linkConditionCode`) and a section of that name in docs/runbook/link-conditions.md.
 */
export const LINK_CONDITIONS = {
  drill: { zh: '断网演练中，链路按计划断开', en: 'Drill: the link is cut on purpose' },
  connection_lost: { zh: '连接被对端断开，正在重拨', en: 'The connection was ended; dialling again' },
  no_answer: { zh: '云端无应答（数据有去无回）', en: 'Nothing comes back from the cloud (black hole)' },
  half_open: { zh: '对端已不认识此连接（半开连接），正在重建', en: 'The other end had forgotten the connection (half-open); renewed' },
  server_away: { zh: '云端主机可达，但服务未运行或正在重启', en: 'The cloud machine answers, its server does not: stopped or restarting' },
  name_unresolved: { zh: '云端域名无法解析（DNS 故障）', en: 'The name of the cloud server cannot be resolved (DNS)' },
  credentials_expired: { zh: '本站凭据已过期，请更换', en: 'Our credentials have expired; renew them' },
  credentials_refused: { zh: '云端拒绝了本站凭据（错误或已吊销）', en: 'The cloud refuses our credentials: wrong or revoked' },
  tls_failed: { zh: '与云端的 TLS 握手失败，请检查证书', en: 'TLS with the cloud fails; check the certificates' },
  outbox_disk_full: { zh: '发件箱无法写入：磁盘已满或故障', en: 'The outbox cannot be written: its disk is full or failing' },
  stream_full: { zh: '云端数据流已满，事件在本地等待', en: 'The stream in the cloud is full; events wait here' },
  slow_link: { zh: '链路很慢，建议与分析将延迟', en: 'The line is very slow; advice and analytics come late' },
  heavy_loss: { zh: '链路丢包严重', en: 'The line loses many packets' },
  clock_jump: { zh: '本机时钟发生跳变，请检查对时服务', en: 'The clock of this machine jumped; check time synchronisation' },
} as const satisfies Readonly<Record<string, Words>>;
export type LinkCondition = keyof typeof LINK_CONDITIONS;

/** Code for logs, alarms and tickets, such as `LINK_NO_ANSWER`. */
export function linkConditionCode(condition: LinkCondition): string {
  return `LINK_${condition.toUpperCase()}`;
}

export function isLinkCondition(value: unknown): value is LinkCondition {
  return typeof value === 'string' && Object.hasOwn(LINK_CONDITIONS, value);
}

export interface LinkStatus {
  readonly state: LinkState;
  /** Wall time of the last change, ms since 1970. */
  readonly sinceMs: number;
  /** Short machine-readable cause, such as `heartbeats_missed`. */
  readonly why: string;
  /** Absent when nothing particular is wrong, or nobody could tell what. */
  readonly condition?: LinkCondition;
  /** Events waiting in the outbox. */
  readonly backlog: number;
  /** Age of the oldest waiting event, ms; 0 when none waits. */
  readonly oldestUnsentMs: number;
}

/** One change of the link, as `cloud-sync` keeps the last ones of. */
export interface LinkChange {
  /** Wall time, ms since 1970. */
  readonly atMs: number;
  readonly from: LinkState;
  readonly to: LinkState;
  readonly why: string;
  readonly condition?: LinkCondition;
  /** How long nothing had been heard from the cloud then, monotonic ms: an upper bound of how long a fault stayed unnoticed. */
  readonly silentMs: number;
}

/** A cut on purpose longer than this is no rehearsal, s. */
export const DRILL_MAX_SECONDS = 240 * 60;

/** What agents are told is missing while the link is not `up`; keys of the texts of the desk. */
export const CLOUD_FEATURES = ['advice', 'analytics'] as const;
