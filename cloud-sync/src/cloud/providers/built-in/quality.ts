/**
 * The quality checks as rules over what was said, in Chinese and English. Pure. A rule looks for words; it finds what it knows and says which turn, so
 * that a person can judge. Promises of gain and asking for secrets are what the supervision of banks forbids their staff.
 */
import type { Turn } from '@keepline/contracts/ai-service';
import { QA_CHECKS, type QaAnswer, type QaCheck } from '@keepline/contracts/qa';

type Finding = QaAnswer['findings'][number];

/** Turns at the beginning and at the end in which a greeting or a farewell is looked for. */
const EDGE_TURNS = 3;

const GREETING =
  /您好|你好|早上好|上午好|下午好|晚上好|感谢(您的)?来电|欢迎致电|hello|good (morning|afternoon|evening)|welcome|thank you for calling/iu;
const IDENTITY =
  /核[实对验](一下)?(您|你)?(的)?(身份|信息|资料)|身份(核实|验证|核验)|证件(号码)?(的)?(后|末)[四4]位|请问(您)?(贵姓|怎么称呼)|verify (your|some)|security questions?|last (four|4) digits|may i have your name/iu;
const ACCOUNT = /余额|账户|帐户|转账|汇款|挂失|额度|密码|流水|account|balance|transfer|card|limit|statement/iu;
const GUARANTEE =
  /保证(收益|赚|不亏|本金)|保本|稳赚|零风险|没有(任何)?风险|绝对(安全|不会亏)|guarantee[ds]? (return|profit|gain)s?|no risk|risk[- ]free|cannot lose/iu;
const SECRET =
  /(告诉|提供|报|说|念|发)(给)?(我|一下)?.{0,6}(密码|验证码|校验码|安全码|cvv|pin)|(密码|验证码|安全码).{0,4}(是多少|是什么|告诉我|发给我|报一下)|(tell|give|send|read) me .{0,20}(password|pin|one[- ]time|verification code|cvv|security code)|what is your (password|pin|cvv)/iu;
const NEVER = /(不要|请勿|切勿|别|不会|不需要|无需|never|do not|don't|will not|won't)/iu;
const RUDE = /烦死|闭嘴|滚|有病|神经病|白痴|笨蛋|废物|shut up|stupid|idiot|get lost|moron/iu;
const REFUSAL = /办不了|不能办|没办法|无法办理|做不到|不归我|cannot help|can't help|not my (job|department)|nothing i can do/iu;
const WAY_OUT = /可以|建议|帮您|为您|转接|您也?可|我们(会|可)|instead|could|i will|i'll|let me|transfer you|you can/iu;
const FURTHER = /还有(什么|其他|别的)|其他(可以|能|需要)|另外.{0,6}帮|anything else|further (help|assistance|questions)/iu;
const CLOSING = /再见|祝您|感谢(您的)?来电|bye|have a (nice|good|great)|thank you for (calling|your)/iu;

interface Rule {
  readonly zh: readonly [passed: string, failed: string];
  readonly en: readonly [passed: string, failed: string];
  /** Turn that decides, -1 for the whole; `na` when the check does not apply. */
  readonly judge: (turns: readonly Turn[]) => { readonly verdict: Finding['verdict']; readonly turn: number };
}

const na = { verdict: 'not_applicable', turn: -1 } as const;
const passed = (turn = -1) => ({ verdict: 'passed', turn }) as const;
const failed = (turn = -1) => ({ verdict: 'failed', turn }) as const;
const agentSays = (turns: readonly Turn[], what: RegExp, from = 0, to = turns.length): number =>
  turns.findIndex((turn, i) => i >= from && i < to && turn.speaker === 'agent' && what.test(turn.text));
const mustSay = (turns: readonly Turn[], what: RegExp, from?: number, to?: number): { verdict: Finding['verdict']; turn: number } => {
  const turn = agentSays(turns, what, from, to);
  return turn < 0 ? failed() : passed(turn);
};
const mustNotSay = (turns: readonly Turn[], what: RegExp, unless?: RegExp): { verdict: Finding['verdict']; turn: number } => {
  const turn = turns.findIndex(({ speaker, text }) => speaker === 'agent' && what.test(text) && unless?.test(text) !== true);
  return turn < 0 ? passed() : failed(turn);
};

const RULES: Readonly<Record<QaCheck, Rule>> = {
  greeting: {
    zh: ['坐席开场致意。', '坐席开场没有致意。'],
    en: ['The agent greeted the caller.', 'The agent did not greet the caller.'],
    judge: (turns) => mustSay(turns, GREETING, 0, EDGE_TURNS),
  },
  identity_check: {
    zh: ['谈及账户之后有身份核实。', '谈及账户而没有核实身份。'],
    en: ['The caller was identified.', 'An account was talked about and the caller was not identified.'],
    judge: (turns) => (turns.some(({ text }) => ACCOUNT.test(text)) ? mustSay(turns, IDENTITY) : na),
  },
  no_guarantee: {
    zh: ['没有承诺收益。', '坐席承诺了收益或无风险。'],
    en: ['No gain was promised.', 'The agent promised gain or freedom from risk.'],
    judge: (turns) => mustNotSay(turns, GUARANTEE, /不(能|会|可)?保证|不保本|不承诺|cannot guarantee|not guarantee|no guarantee/iu),
  },
  no_secret_asked: {
    zh: ['没有索要密码或验证码。', '坐席索要了密码或验证码。'],
    en: ['No secret was asked for.', 'The agent asked for a password or a code.'],
    judge: (turns) => mustNotSay(turns, SECRET, NEVER),
  },
  polite: {
    zh: ['用语得体。', '坐席用语不当。'],
    en: ['The agent stayed polite.', 'The agent used words that are not polite.'],
    judge: (turns) => mustNotSay(turns, RUDE),
  },
  no_refusal_without_help: {
    zh: ['没有只拒绝而不给出办法。', '坐席拒绝而没有给出办法。'],
    en: ['Nothing was refused without another way.', 'The agent refused and offered no other way.'],
    judge(turns) {
      const at = agentSays(turns, REFUSAL);
      if (at < 0) return na;
      const rest = (turns[at]?.text ?? '').replaceAll(new RegExp(REFUSAL.source, 'giu'), '');
      return WAY_OUT.test(rest) || agentSays(turns, WAY_OUT, at + 1) >= 0 ? passed(at) : failed(at);
    },
  },
  further_help: {
    zh: ['坐席询问了是否还有其他需要。', '坐席没有询问是否还有其他需要。'],
    en: ['Further help was offered.', 'Further help was not offered.'],
    judge: (turns) => mustSay(turns, FURTHER, Math.floor(turns.length / 2)),
  },
  closing: {
    zh: ['坐席礼貌结束通话。', '坐席没有礼貌结束通话。'],
    en: ['The agent closed the call politely.', 'The agent did not close the call politely.'],
    judge: (turns) => mustSay(turns, CLOSING, Math.max(0, turns.length - EDGE_TURNS)),
  },
};
const NOT_APPLICABLE = { zh: '本次通话不涉及此项。', en: 'Does not apply to this conversation.' };

/** @param checks those wanted; none for all */
export function judgeQuality(turns: readonly Turn[], checks: readonly QaCheck[]): Pick<QaAnswer, 'findings' | 'score'> {
  const wanted = QA_CHECKS.filter((check) => checks.length === 0 || checks.includes(check));
  const findings = wanted.map((check): Finding => {
    const { zh, en, judge } = RULES[check];
    const { verdict, turn } = judge(turns);
    const i = verdict === 'passed' ? 0 : 1;
    return { check, verdict, turn, reason: verdict === 'not_applicable' ? NOT_APPLICABLE : { zh: zh[i], en: en[i] } };
  });
  const applied = findings.filter(({ verdict }) => verdict !== 'not_applicable');
  const good = applied.filter(({ verdict }) => verdict === 'passed').length;
  return { findings, score: applied.length === 0 ? 1 : good / applied.length };
}
