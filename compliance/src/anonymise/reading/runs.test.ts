import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';
import { readRuns, windowsOf, withoutEchoes } from './runs.ts';

const digits = (text: string): string[] => readRuns(fold(text).text, { letters: false, slips: false }).map(({ symbols }) => symbols);
const first = (text: string) => {
  const [run] = readRuns(fold(text).text, { letters: false, slips: false });
  if (run === undefined) throw new Error(`no digits in ${text}`);
  return run;
};

describe('runs of digits', () => {
  it.for([
    ['幺三八洞洞两拐勾', '13800279'],
    ['138 double 0 12', '1380012'],
    ['一三个八六', '18886'],
    ['四个零', '0000'],
    ['138，嗯，0013，那个，8000', '13800138000'],
    ['138\n坐席：您说\n客户：0013', '1380013'],
    ['138\n[00:12] 客户：0013', '1380013'],
    ['one three eight zero', '1380'],
  ] as const)('%s is read as %s', ([text, expected]) => {
    expect(digits(text)).toEqual([expected]);
  });

  it('words between two numbers keep them apart, and 两个 before a number is read both as a count and as two digits', () => {
    expect(digits('还138，卡里有500')).toEqual(['138', '500']);
    expect(digits('这两个13812345678')).toEqual(['113812345678', '13812345678']);
  });

  it('a window begins and ends at a break, never inside a longer number', () => {
    const windows = [...windowsOf(first('20231 13812345678'), [11], /^\d+$/)];
    expect(windows.map(({ symbols }) => symbols)).toEqual(['13812345678']);
    expect([...windowsOf(first('2023113812345678'), [11], /^\d+$/)]).toEqual([]);
  });

  it('what the other side reads back is taken out, what is said twice on purpose is not', () => {
    expect(withoutEchoes(first('138\n坐席：138\n客户：0000\n坐席：0000\n客户：1234'))?.symbols).toBe('13800001234');
    expect(withoutEchoes(first('9142\n坐席：9142\n客户：142'))?.symbols).toBe('9142142'); // the answer to an echo is none
    expect(withoutEchoes(first('1380\n坐席：嗯\n客户：0000\n坐席：好\n客户：0000'))).toBeUndefined();
  });
});
