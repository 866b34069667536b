import { describe, expect, it } from 'vitest';
import * as judge from './judge.ts';

describe('what preflight says of a machine', () => {
  it('names the packages of libraries the media worker lacks, each once', () => {
    const ldd =
      '\tlibuv.so.1 => not found\n\tlibnss3.so => /lib/libnss3.so (0x1)\n\tlibssl.so.3 => not found\n\tlibcrypto.so.3 => not found\n';
    const remark = judge.judgeLibraries(ldd);
    expect(remark.verdict).toBe('fail');
    expect(remark.next.en).toMatch(/libuv1 libssl3$/);
    expect(judge.judgeLibraries('\tlibc.so.6 => /lib/libc.so.6 (0x1)').verdict).toBe('ok');
  });

  it.each([
    ['4.14.0', 'fail'],
    ['4.19.90-generic', 'warn'],
    ['5.9.1', 'warn'],
    ['5.10.0-30-amd64', 'ok'],
    ['6.1.0', 'ok'],
  ])('judges kernel %s as %s', (release, verdict) => expect(judge.judgeKernel(release).verdict).toBe(verdict));

  it.each([
    [1, 'ok'],
    [20, 'warn'],
    [499, 'warn'],
    [500, 'fail'],
  ])('judges a disk that takes %d ms as %s', (ms, verdict) => expect(judge.judgeFsync(ms, ms, '/data').verdict).toBe(verdict));

  it('warns of a disk that stalls once, and does not refuse it', () => {
    expect(judge.judgeFsync(3, 2984, '/data')).toMatchObject({
      verdict: 'warn',
      found: { en: 'on /data: 3.0 ms as a rule, slowest 2984.0 ms' },
    });
  });

  it('refuses a machine without the memory to serve, and warns of a small one', () => {
    expect(judge.judgeMemory(1024).verdict).toBe('fail');
    expect(judge.judgeMemory(4096).verdict).toBe('warn');
    expect(judge.judgeMemory(16_384).verdict).toBe('ok');
    expect(judge.judgeCores(2).verdict).toBe('warn');
    expect(judge.judgeEntropy(0).verdict).toBe('fail');
  });

  it('names what takes the same ports, and names that cannot be resolved', () => {
    expect(judge.judgeConflicts(['asterisk']).next.en).toContain('disable --now asterisk');
    expect(judge.judgeNames(2, ['hub.bank: ENOTFOUND'])).toMatchObject({ verdict: 'fail', found: { en: 'hub.bank: ENOTFOUND' } });
    expect(judge.judgeNames(0, []).verdict).toBe('ok');
  });

  it('looks at the end of a certificate before it comes, and at a chain with a gap', () => {
    const seen = { subject: 'CN=site', expiresInDays: 200, whole: true };
    expect(judge.judgeCertificate(undefined).verdict).toBe('ok');
    expect(judge.judgeCertificate(seen).verdict).toBe('ok');
    expect(judge.judgeCertificate({ ...seen, expiresInDays: 10 }).verdict).toBe('warn');
    expect(judge.judgeCertificate({ ...seen, whole: false }).verdict).toBe('fail');
    expect(judge.judgeCertificate({ ...seen, expiresInDays: 0 }).verdict).toBe('fail');
  });

  it('says everything in both languages', () => {
    for (const one of [
      judge.judgeCores(1),
      judge.judgeMemory(1),
      judge.judgeKernel('3.1'),
      judge.judgeLocale('ANSI'),
      judge.judgeEntropy(1),
    ])
      for (const text of [one.check, one.found, one.next]) {
        expect(text.zh).not.toBe('');
        expect(text.en).not.toBe('');
      }
  });
});
