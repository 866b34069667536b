import { describe, expect, it } from 'vitest';
import { leafHash } from './merkle.ts';
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts';

const hashes = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
const checkpoint = 'example.org/log\n3\nAAAA\n\n\u2014 example.org/log AAAAAAAA\n';
const proof = { index: 2, hashes, checkpoint, extra: Buffer.from('{"v":1}') };

describe('proof files (C2SP tlog-proof)', () => {
  it('are the lines of the format, in its order', () => {
    const [a, b] = hashes.map((hash) => Buffer.from(hash).toString('base64'));
    expect(formatTlogProof(proof)).toBe(`c2sp.org/tlog-proof@v1\nextra eyJ2IjoxfQ==\nindex 2\n${a}\n${b}\n\n${checkpoint}`);
  });

  it('are read back as they were written, with and without extra data and with an empty path', () => {
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
    const bare = { index: 0, hashes: [], checkpoint };
    expect(parseTlogProof(formatTlogProof(bare))).toEqual(bare);
  });

  it.each([
    ['another version', (text: string) => text.replace('@v1', '@v2')],
    ['an index with a leading zero', (text: string) => text.replace('index 2', 'index 02')],
    ['an index beyond 2^53', (text: string) => text.replace('index 2', 'index 9007199254740993')],
    ['no index', (text: string) => text.replace('index 2\n', '')],
    ['extra data behind the index', (text: string) => text.replace(/(extra .*\n)(index 2\n)/, '$2$1')],
    ['a hash that is too short', (text: string) => text.replace(/\n[^\n]{44}\n\n/, '\nAAAA\n\n')],
    ['base64 with a space', (text: string) => text.replace('eyJ2', 'eyJ 2')],
    ['base64 with bits that mean nothing', (text: string) => text.replace('IjoxfQ==', 'IjoxfR==')],
    ['lines that end in CR LF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['no checkpoint', (text: string) => text.split('\n\n')[0] ?? ''],
  ])('are refused with %s', (_what, change) => {
    const changed = change(formatTlogProof(proof));
    expect(changed).not.toBe(formatTlogProof(proof));
    expect(() => parseTlogProof(changed)).toThrow(/does not hold/);
  });
});
