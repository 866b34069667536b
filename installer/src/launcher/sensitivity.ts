/**
 * Which audited acts each command of the launcher can carry out: its declaration, as a route states `sensitive`. The scripts audit
 * themselves; a test compares their acts with this table, so a command that is silent about itself does not get through.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';

export const commandActs: Readonly<Record<string, readonly AuditAct[]>> = {
  up: [], // the gateway it starts audits its start and its end
  demo: [],
  test: [],
  status: [],
  doctor: [],
  recordings: ['recording.list', 'recording.export', 'recording.verify'],
  users: ['user.create', 'user.list', 'user.roles', 'user.disable', 'user.enable', 'user.unlock', 'user.reset', 'session.revoke'],
  audit: ['audit.read', 'audit.export', 'audit.prune'],
  report: ['report.read', 'report.make', 'attestation.add', 'evidence.take'],
  anonymise: ['policy.change'],
  cloud: ['cloud.drill', 'egress.export', 'quarantine.read', 'quarantine.discard', 'credentials.rotate'],
  approvals: ['approval.request', 'approval.approve', 'approval.refuse', 'approval.use'],
  downlink: ['downlink.approve', 'downlink.reject', 'downlink.rollback'],
  bundle: [], // made where there is no site
  preflight: [],
  install: [], // there is no log before the gateway it starts, which audits its start
  upgrade: [], // the services it stops and starts audit their end and start
  rollback: [],
  uninstall: [], // the services it stops audit their end; `--purge` takes the log with the site
  keys: ['key.root', 'key.rotate', 'key.export', 'key.escrow', 'key.split', 'key.unlock'],
  retention: ['retention.read', 'retention.change', 'hold.place', 'hold.release', 'recording.delete', 'customer.forget'],
  backup: ['backup.run', 'backup.prune'],
  restore: ['backup.run', 'backup.prune'], // the same script; `backup.restore` is written by the first start, there is no log before
  pair: ['pair.failback', 'pair.promote', 'pair.takeover'],
  callbacks: ['callback.list', 'callback.cancel'],
  subject: ['customer.find', 'customer.export', 'customer.forget', 'recording.delete', 'recording.export'],
  bench: [],
  help: [],
};
