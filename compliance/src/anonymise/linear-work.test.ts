/** Work grows with the length of the text and no faster: counted in executed blocks of code, not timed. */
import { Session } from 'node:inspector/promises';
import { describe, expect, it, vi } from 'vitest';
import { findPersonalData } from './find-personal-data.ts';

const HOSTILE = [
  ...[
    '(',
    ')',
    '()',
    '(1',
    '1)',
    '[[(',
    '(1)(',
    '张王李赵',
    '欧阳',
    '三个11',
    '三个1三个1',
    '后四位是1',
    '手机号',
    '身份证号',
    '手机号卡号密码',
    '户名',
  ],
  ...['阿·', '·', '买买提·', '阿依古丽', '王家村李家湾', '中山路与人民路', '花园1-1-1', '附1号', '请张', '我姓弓长张', '阿A一'],
  ...['1', '1 ', '一', '三个', '三个8', '嗯', '嗯1', '13812345678 ', '12,', '1.', '\n客户：1', '1\n坐席：1', '要', '是1'],
  ...['路1号', '路', '北京', '北京市', '地址', '区', '阳光花园', '1栋', '住在', '村', '我叫', '我叫张', '张·', '先生', '张伟先生', '是'],
  ...[
    'a@',
    '@',
    'a',
    '艾特',
    '点',
    'a.',
    '手机',
    '微信a',
    '密码是a',
    '密码a1',
    '验证码1',
    '有效期',
    '生日1990年',
    '生日一九',
    '京A1',
    '王',
    '王先生',
    '小王和',
    '阿依',
    '木子李，',
    '客户张',
    'ROAD ',
    'NO 1 A ',
    'ROOM 1, A, ',
    'MY NAME IS A ',
    'MR LI ',
    '张三李四',
    '对面',
    '申请人',
    '姓名：张',
    '贵姓\n客户：',
    '温度的温',
    '木合塔尔',
    '建华和',
    'MICHAEL ',
    'CHEN/LI ',
    '——张',
    '庙旁边那个院子',
    '镇王家村1组',
    '1栋1',
    '村东头第1家',
    '苑1-1-1',
    '一千',
    'E1',
    'A1 ',
  ],
] as const;
const SHORT = 480;
const GROWTH = 4;

/** Executions of all blocks of the anonymiser's code while `work` runs: V8 counts them exactly. */
async function blocksRun(session: Session, work: () => void): Promise<number> {
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ours = result.filter(({ url }) => url.includes('/anonymise/'));
  return ours
    .flatMap(({ functions }) => functions)
    .flatMap(({ ranges }) => ranges)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Counting makes the code some ten times slower, the machine may be shared. */
const PATIENCE_MS = 180_000;

describe('hostile texts', { timeout: PATIENCE_MS }, () => {
  it('four times the text is at most some four times the work', async () => {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    const steep: string[] = [];
    for (const piece of HOSTILE) {
      const text = piece.repeat(Math.ceil(SHORT / piece.length));
      const once = await blocksRun(session, () => void findPersonalData(text));
      const more = await blocksRun(session, () => void findPersonalData(text.repeat(GROWTH)));
      expect(once).toBeGreaterThan(SHORT); // else nothing was counted
      if (more > once * GROWTH * 1.2) steep.push(`${piece}: ${once} -> ${more}`);
    }
    session.disconnect();
    expect(steep).toEqual([]);
  });

  it('a hundred thousand characters cost each no more than a thousand do', async () => {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    const steep: string[] = [];
    for (const piece of ['1', '1 ', '张王李赵', '(', '手机号', '三个11', '王先生说路1号，三个8\n客户：1']) {
      const text = piece.repeat(Math.ceil(1_000 / piece.length));
      const perUnit = (await blocksRun(session, () => void findPersonalData(text))) / text.length;
      const long = piece.repeat(Math.ceil(100_000 / piece.length));
      const perUnitLong = (await blocksRun(session, () => void findPersonalData(long))) / long.length;
      if (perUnitLong > perUnit * 1.2) steep.push(`${piece}: ${perUnit} -> ${perUnitLong}`);
    }
    session.disconnect();
    expect(steep).toEqual([]);
  });

  it('a pattern that is shown a long text repeats nothing without a bound', () => {
    const exec = vi.spyOn(RegExp.prototype, 'exec');
    for (const piece of HOSTILE) findPersonalData(piece.repeat(300));
    const shown = exec.mock.contexts.flatMap((pattern, i) => {
      const text = exec.mock.calls[i]?.[0] ?? '';
      return text.length >= 300 && pattern instanceof RegExp ? [pattern.source] : [];
    });
    exec.mockRestore();
    const patterns = [...new Set(shown)];
    const unbounded = patterns.filter((source) => /[*+]|\{\d+,\}/.test(source.replaceAll(/\\.|\[[^\]]*\]/g, '')));
    expect(patterns.length).toBeGreaterThan(5);
    expect(unbounded).toEqual([]);
  });
});
