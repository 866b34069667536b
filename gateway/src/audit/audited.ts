/** Law 4 at the doors of the gateway: `audited` wraps each sensitive act. The rule itself lies with the log, as its command line obeys it too. */
export { type ActContext, type AuditAppender, audited } from '@keepline/compliance/audited';
