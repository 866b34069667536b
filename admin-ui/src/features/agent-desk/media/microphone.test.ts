import { describe, expect, it } from 'vitest';
import { microphoneUnavailable } from './errors.ts';
import { faultOf } from './microphone.ts';

describe('why there is no microphone', () => {
  it('is told from the name of the exception (Media Capture and Streams, getUserMedia)', () => {
    const codeFor = (name: string): string => microphoneUnavailable(faultOf(new DOMException('', name))).code;
    expect(codeFor('NotAllowedError')).toBe('DESK_MICROPHONE_DENIED');
    expect(codeFor('NotFoundError')).toBe('DESK_MICROPHONE_MISSING');
    expect(codeFor('NotReadableError')).toBe('DESK_MICROPHONE_BUSY');
    expect(codeFor('AbortError')).toBe('DESK_MICROPHONE_BUSY');
  });
});
