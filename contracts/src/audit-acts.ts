/** Acts that need a durable audit entry before they happen. A route or command states one of these, or `false`. */
export const AUDIT_ACTS = [
  'agent.sign_in',
  'agent.sign_out',
  'recording.list',
  'recording.export',
  'audit.read',
  'audit.export',
  'key.create',
  'site.start',
  'site.stop',
  'link.change',
] as const;
export type AuditAct = (typeof AUDIT_ACTS)[number];
/** What a route or command declares about itself. */
export type Sensitivity = AuditAct | false;
