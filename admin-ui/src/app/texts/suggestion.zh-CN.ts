/** Chinese texts of suggestions of the cloud; merged into zh-CN.ts. */
export const suggestionZhCN = {
  suggest: {
    title: '云端建议',
    label: '云端建议，仅供参考',
    placeholder: '客户说了什么，或您的小结；每行一句，可用“客户：”开头',
    anonymised: '个人信息先在本地去除，再发往云端。',
    ask: { assist: '查找知识', summary: '生成小结', qa: '质检' },
    removed: '已去除：{{kinds}}',
    none: '没有合适的建议。',
    disposition: '建议的处理结果：{{disposition}}',
    outcome: {
      away: '云端暂时不可用，通话不受影响。',
      late: '云端未能及时答复。',
      stopped: '文本中仍可能有个人信息，未发往云端。',
      refused: '云端没有给出可用的答复。',
      not_offered: '本站未开放此项服务。',
    },
    verdict: { passed: '通过', failed: '未通过', not_applicable: '不适用' },
    check: {
      greeting: '开场问候',
      identity_check: '身份核验',
      no_guarantee: '不作保证承诺',
      no_secret_asked: '不索要密码',
      polite: '用语礼貌',
      no_refusal_without_help: '拒绝时给出办法',
      further_help: '询问其他需要',
      closing: '结束语',
    },
  },
};
