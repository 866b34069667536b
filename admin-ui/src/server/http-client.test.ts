import { describe, expect, it } from 'vitest';
import { refusalOf } from './http-client.ts';

describe('a refusal over HTTP', () => {
  it('keeps code, message, hint and status', () => {
    expect(refusalOf({ error: { code: 'SIGN_IN_LOCKED', message: 'wait', hint: 'Try again in 30 s.' } }, 429)).toMatchObject({
      code: 'SIGN_IN_LOCKED',
      message: 'wait',
      hint: 'Try again in 30 s.',
      status: 429,
    });
  });

  it('is not made up from what a proxy may answer', () => {
    for (const body of [undefined, null, 'Bad gateway', [], {}, { error: 'x' }, { error: { code: 5 } }])
      expect(refusalOf(body, 502)).toBeUndefined();
  });
});
