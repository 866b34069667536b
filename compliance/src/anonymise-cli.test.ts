import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

async function anonymise(input: string, ...args: string[]): Promise<{ status: number; out: string; error: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'anonymise-cli.ts'), ...args]);
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(input);
  const [out, error, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: Number(status), out, error };
}

describe('anonymise --jsonl', () => {
  it('answers line by line, leaves bad lines out with a coded error, and says so in its status', async () => {
    const { status, out, error } = await anonymise(
      '{"id":"1","text":"手机13800001234"}\nnonsense 13900001234\n\n{"id":2,"text":"没有"}',
      '--jsonl',
    );
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: '1', text: '手机[MOBILE]', entities: [{ type: 'MOBILE', start: 2, end: 13 }] },
      { id: 2, text: '没有', entities: [] },
    ]);
    expect(error).toContain('ANONYMISE_LINE_INVALID');
    expect(error).not.toContain('1390000');
    expect(status).toBe(1);
  });

  it('takes ten thousand lines through a pipe in order', async () => {
    const lines = Array.from({ length: 10_000 }, (_, id) => JSON.stringify({ id, text: '您的订单已发货' }));
    const { status, out } = await anonymise(lines.join('\n'), '--jsonl');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(lines.map((_, id) => id));
    expect(status).toBe(0);
  });

  it('shows its usage when asked for anything else', async () => {
    expect(await anonymise('', '--csv')).toMatchObject({ status: 2, out: '' });
  });
});
