/**
 * What the tagger adds to the rules: names at random in a hundred turns of phrase, by themselves those of which no part stands in the grammar it was
 * trained on, and words of the segmenter's dictionary in sentences without a name. The margins were chosen with a look at these figures.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Dice } from '../../../fixtures/personal-data/made-values.ts';
import { BEFORE, BEHIND, FIELDS } from '../../../scripts/name-phrases.ts';
import { findPersonalData } from '../find-personal-data.ts';

const SURNAME =
  '王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖 邹 熊 金 陆 郝 孔 白 崔 康 毛 邱 秦 江 史 顾 侯 邵 孟 龙 万 段 雷 钱 汤 尹 黎 易 常 武 乔 贺 赖 龚 文 欧阳 上官 司马';
const GIVEN =
  '建国 志强 秀英 桂兰 丽华 晓东 海燕 文杰 雪梅 玉珍 国平 思远 子轩 梓涵 雨桐 佳怡 浩然 俊杰 欣怡 一鸣 明辉 春生 金凤 宝山 永福 素芬 爱华 新民 德胜 红霞 立新 美玲 少华 伟 芳 敏 静 强 磊 军 勇 杰 娟 涛 超 霞 平 刚 丹 萍 玲 鑫 婷 宁 楠 瑞';
const PHRASES =
  '我想给N交个话费|N上个月就还清了|你们扣了N两次钱|N那边说没收到短信|请核对N的身份信息|系统里显示的是N|我和N是夫妻|上面写的N|N要办退保|N买的保险能退吗|这事儿一直是N在跟|之前对接的是N|换N来接电话|N今年六十五了|N住院花了三万多|替N问一下报销|把N加到家庭账户里|N没有医保卡|N的药费|N昨晚急诊|转账给N十万元整|给N打款失败|N打给我的|N名下两套房|N欠费停机|N预存了五百|派N去修|N来装的宽带|N修完又坏了|N承诺当天到|接线员N|班长N|值班的是N|当班柜员N|主管N回复|N审核通过|N驳回了我的申请|材料交给N了|找N签字|N不给签|N要我再跑一趟|由N陪同|N代领|委托N办理|N持委托书|户主N去世|N的户口|随N落户|N与我是母女|N的监护人是我|孩子N该打疫苗了|学生N申请助学金|N考上大学了|老师N|N老师布置的|我领导N|前台N|N离职没交接|N已经调走了|房客N拖欠房租|N把房子转租了|邻居N半夜放音乐|N家装修太吵|举报N违建|N占道经营|N骗了我两万|骗子自称N|有个叫N的加我微信|网友N|N让我扫码|N借了我的身份证|N冒名贷款|担保的是N|N做的担保|共借人N|原户主N|N过户给我|受让人N|合同是N签的|见证N签字|车是N的|N开的车|N全责|伤者N|N住三楼|问N要|N知道密码|N用我的卡|卡借给N|N的副卡|绑定的是N的手机|寄给N收|N代收|N签收的不是我|放N那里|N取走了|让N回我电话|等N回复|N还没给我回话|N联系不上了|麻烦帮N登记|N和我一起去的|N陪我去的|是N推荐的|N帮我操作的|N填错了|N登录不上|N忘记密码|N的验证码|N工号'.split(
    '|',
  );
const CLEAN =
  '帮我查一下W|我想咨询W的事情|W是什么意思|你们的W太差了|客户反映W有问题|请问W怎么弄|关于W，能不能说明一下|转给W部门|W已经处理完了|昨天在W办的'.split(
    '|',
  );

/** Share of names found in these phrases, eight names in each. */
function foundIn(phrases: readonly string[]): number {
  const dice = new Dice(20261125);
  const tried = phrases.flatMap((phrase) =>
    Array.from({ length: 8 }, (_, i) => {
      const name = dice.of(SURNAME) + dice.of(GIVEN);
      const text = (i % 3 === 0 ? '你好，' : '') + phrase.replace('N', name) + (i % 4 === 1 ? '，怎么办' : '');
      const start = text.indexOf(name);
      return findPersonalData(text).some((found) => found.start <= start && found.end >= start + name.length);
    }),
  );
  return tried.filter(Boolean).length / tried.length;
}

describe('names in turns of phrase', () => {
  it('are found nine times in ten', () => {
    expect(foundIn(PHRASES)).toBeGreaterThanOrEqual(0.9);
  });

  it('are found 85 times in a hundred where no part of the phrase was in the training', () => {
    const unlearnt = PHRASES.filter((phrase) => {
      const [left = '', right = ''] = phrase.split('N');
      return ![...BEFORE, ...FIELDS].some((cue) => left.endsWith(cue)) && !BEHIND.some((cue) => cue.length > 1 && right.startsWith(cue));
    });
    expect(unlearnt.length).toBeGreaterThan(50);
    expect(foundIn(unlearnt)).toBeGreaterThanOrEqual(0.85);
  });
});

describe('words of the dictionary', () => {
  it('are taken for personal data in one sentence of a thousand at most', () => {
    const dictionary = readFileSync(createRequire(import.meta.url).resolve('@node-rs/jieba/dict.txt'), 'utf8');
    const words = dictionary.split('\n').flatMap((line) => {
      const [word = '', count, tag = ''] = line.split(' ');
      return /^[\u4e00-\u9fff]{2,4}$/.test(word) && Number(count) > 400 && !tag.startsWith('nr') ? [word] : [];
    });
    expect(words.length).toBeGreaterThan(5000);
    const hit = words.flatMap((word, i) => {
      const text = (CLEAN[i % CLEAN.length] ?? '').replace('W', word);
      return findPersonalData(text).length > 0 ? [text] : [];
    });
    expect(hit.length <= words.length / 1000 ? [] : hit).toEqual([]);
  });
});

describe('a name of the rules that cuts a word', () => {
  it.for(['转给水电部门', '验证检查点签名和随机一条的证明'])('%s holds none', (text) => {
    expect(findPersonalData(text)).toEqual([]);
  });
});
