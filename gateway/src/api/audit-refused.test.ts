import { AuditRefused } from '@keepline/compliance/audit';
import { expect, it } from 'vitest';
import { refusalFor } from './error-reply.ts';

it('an act that could not be recorded is answered 503 with Retry-After, not lost and not taken for a fault of the client', () => {
  const refusal = refusalFor(new AuditRefused('10000 entries wait already'), { error() {}, warn() {}, info() {} });
  expect(refusal).toMatchObject({ status: 503, retryAfter: 1, body: { error: { code: 'AUDIT_REFUSED' } } });
});
