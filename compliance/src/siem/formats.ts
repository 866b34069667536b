/**
 * One audit entry in the three forms a SIEM reads, pure: RFC 5424 structured data, ArcSight CEF:0 and OCSF 1.3.0. The number of the entry goes
 * along in each, as the key by which a receiver drops what came twice. `purpose` is free text and stays in the log.
 */
export const OCSF_VERSION = '1.3.0';
export const SIEM_FORMATS = ['rfc5424', 'cef', 'ocsf'] as const;
export type SiemFormat = (typeof SIEM_FORMATS)[number];

/** `from` of an entry is an address or a word such as `console`; which of the two a form must know. */
const isIpv4 = (from: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(from);
const isIpv6 = (from: string): boolean => from.includes(':');

/** What is sent: an entry as it was stored, or the head of the log behind them. */
export interface SiemRecord {
  /** Name of the log. */
  readonly origin: string;
  /** Number of the entry; of a checkpoint, how many entries it covers. */
  readonly number: number;
  readonly time: string;
  readonly act: string;
  readonly who: string;
  readonly role: string;
  readonly from: string;
  readonly object: string;
  readonly outcome: string;
  readonly correlation: string;
  /** Root hash in base64: only of a checkpoint, whose `act` is `audit.checkpoint`. */
  readonly root?: string;
}

/** The same for the same record for ever, and of no other: a checkpoint of n entries is not entry n. */
const keyOf = ({ origin, number, root }: SiemRecord): string => `${origin}/${root === undefined ? '' : 'checkpoint-'}${number}`;

/** Facility 13 is "log audit"; informational for what went well, warning for what failed, critical for an alarm (RFC 5424 §6.2.1). */
const FACILITY = 13;
const severityOf = ({ act, outcome }: SiemRecord): number => (isAlarm(act) ? 2 : outcome === 'failed' ? 4 : 6);
const isAlarm = (act: string): boolean => act === 'alarm.raise';
/** Example enterprise number of RFC 5612: names with an @ must carry one, and the site has none of its own. */
const SD_ID = 'audit@32473';

/** @param host name of the machine @param message what stands in MSG, or nothing @returns one message without framing */
export function formatSyslog(record: SiemRecord, host: string, message = ''): string {
  const { origin, number, act, who, role, from, object, outcome, correlation, root } = record;
  const fields = {
    log: origin,
    ...(root === undefined ? { index: String(number) } : { size: String(number) }),
    who,
    role,
    from,
    object,
    outcome,
    correlation,
    ...(root === undefined ? {} : { root }),
  };
  const data = Object.entries(fields).map(([name, value]) => ` ${name}="${value.replaceAll(/["\\\]]/g, '\\$&')}"`);
  const head = `<${FACILITY * 8 + severityOf(record)}>1 ${record.time} ${syslogName(host, 255)} keepline - ${syslogName(act, 32)}`;
  return `${head} [${SD_ID}${data.join('')}]${message === '' ? '' : ` ${message}`}`;
}

/** PRINTUSASCII without spaces, `-` when nothing is left (RFC 5424 §6). */
const syslogName = (name: string, maxLength: number): string => name.replaceAll(/[^!-~]/g, '').slice(0, maxLength) || '-';

export function formatCef(record: SiemRecord): string {
  const { number, time, act, who, role, from, object, outcome, correlation, root } = record;
  const header = ['Keepline', 'Keepline', '1', act, `${act} ${outcome}`].map((value) =>
    value.replaceAll(/[|\\]/g, '\\$&').replaceAll(/[\r\n]/g, ' '),
  );
  const extension: Record<string, string> = {
    rt: String(Date.parse(time)),
    externalId: keyOf(record),
    cn1Label: root === undefined ? 'index' : 'size',
    cn1: String(number),
    suser: who,
    spriv: role,
    ...(isIpv4(from) ? { src: from } : isIpv6(from) ? { c6a2Label: 'source', c6a2: from } : { shost: from }),
    outcome,
    cs1Label: 'object',
    cs1: object,
    cs2Label: 'correlation',
    cs2: correlation,
    ...(root === undefined ? {} : { cs3Label: 'root', cs3: root }),
  };
  const pairs = Object.entries(extension).map(([name, value]) => `${name}=${cefValue(value)}`);
  return `CEF:0|${header.join('|')}|${isAlarm(act) ? 9 : outcome === 'failed' ? 6 : 3}|${pairs.join(' ')}`;
}

const cefValue = (value: string): string => value.replaceAll(/[\\=]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n');

/** Class 6003 "API Activity", activity 99 "Other" named by the act; one JSON object on one line. */
export function formatOcsf(record: SiemRecord): string {
  const { origin, number, time, act, who, role, from, object, outcome, correlation, root } = record;
  const status =
    outcome === 'failed'
      ? { status_id: 2, status: 'Failure' }
      : outcome === 'intent'
        ? { status_id: 99, status: 'intent' }
        : { status_id: 1, status: 'Success' };
  return JSON.stringify({
    activity_id: 99,
    activity_name: act,
    actor: { user: { name: who, groups: [{ name: role }] } },
    api: { operation: act },
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: 6003,
    class_name: 'API Activity',
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Keepline', vendor_name: 'Keepline' },
      uid: keyOf(record),
      sequence: number,
      correlation_uid: correlation,
      log_name: origin,
    },
    ...(object === '' ? {} : { resources: [{ uid: object }] }),
    severity_id: isAlarm(act) ? 5 : outcome === 'failed' ? 3 : 1,
    src_endpoint: !isIpv4(from) && !isIpv6(from) ? { name: from } : { ip: from },
    ...status,
    time: Date.parse(time),
    type_uid: 600_399,
    ...(root === undefined ? {} : { unmapped: { root } }),
  });
}

/** One line as a file or an HTTP collector takes it, without newline. */
export function formatLine(format: SiemFormat, record: SiemRecord, host: string): string {
  switch (format) {
    case 'rfc5424':
      return formatSyslog(record, host);
    case 'cef':
      return formatCef(record);
    case 'ocsf':
      return formatOcsf(record);
  }
}

/** One message as a syslog receiver takes it: CEF and OCSF travel in MSG. */
export function formatMessage(format: SiemFormat, record: SiemRecord, host: string): string {
  return format === 'rfc5424' ? formatSyslog(record, host) : formatSyslog(record, host, formatLine(format, record, host));
}
