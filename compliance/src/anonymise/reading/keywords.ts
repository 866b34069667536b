/** The words that say what a number near them is, or that it is nothing personal; with what recognition makes of them. Folded forms. Pure. */
import type { Kind } from '../kinds.ts';
import { type Word, WordTree, words } from './word-tree.ts';

/** `OTHER`: order numbers and the like. `AMOUNT`: money and counts. `PARTIAL`: the last four digits of something. */
export type Topic = Kind | 'OTHER' | 'AMOUNT' | 'PARTIAL' | 'EXPIRES' | 'HOTLINE';
export type Keyword = Word<Topic>;

const KEYWORDS = new WordTree<Topic>([
  ...words(
    '手机 手机号 手机号码 手机好 手机好码 手鸡号 首机号 收机号 手机浩 手机耗 移动电话 移动号码 电话 电话号 电话号码 电话号吗 店话 电画 联系方式 联系号码 联系电话 来电号码 主叫号码 回电 回拨 打我 打给我',
    'MOBILE',
  ),
  ...words(
    'TEL TEL: PHONE MOBILE CELL CALL_ME 致电 拨打 短信发到 号码是 我的号码 我号码 预留号码 预留手机 预留手机号 预留电话 备用号码 绑定号码 本机号码 机主号码 呼入号码',
    'MOBILE',
  ),
  ...words(
    '座机 座机号 座机号码 坐机 坐机号 作机 固话 固定电话 家庭电话 家里电话 宅电 单位电话 办公电话 办公室电话 公司电话 家里座机 LANDLINE 传真 区号',
    'LANDLINE',
  ),
  ...words(
    '身份证 身份证号 身份证号码 身份正 身份正号 身份证好 身份证好码 身份证浩 身份症 身分证 身分证号 身份证件号 身份信息 身份号码 深份证 省份证 身份政 公民身份号码 证件号 证件号码 证件好 ID_CARD ID_NUMBER IDENTITY_CARD SFZ',
    'RESIDENT_ID',
  ),
  ...words(
    '我卡 卡是 这张卡 那张卡 把卡 的卡 卡号 卡好 卡浩 咖号 银行卡 银行卡号 银行卡好 银行咖 银行卡片 银航卡 储蓄卡 借记卡 信用卡 信用卡号 信用咖 工资卡 工资卡号 账号 帐号 账户号 账户 帐户 账好 收款卡 还款卡 转入卡 扣款卡 主卡 副卡 CARD_NUMBER BANK_CARD CARD_NO 存折',
    'BANK_CARD',
  ),
  ...words('护照 护照号 护照号码 护照好 护罩 护罩号 户照 户照号 PASSPORT', 'PASSPORT'),
  ...words(
    '港澳通行证 往来港澳通行证 往来港澳 港澳证 回乡证 回乡证号 回乡正 来往内地通行证 港澳居民来往内地通行证 港澳居民通行证 通行证 通行证号 通行证号码 通行正',
    'HK_MACAO_PERMIT',
  ),
  ...words(
    '台胞证 台胞证号 台胞正 台湾通行证 往来台湾通行证 往来台湾 台湾居民来往大陆通行证 来往大陆通行证 大陆通行证 大通证 赴台证',
    'TAIWAN_PERMIT',
  ),
  ...words(
    '驾驶证 驾驶证号 驾驶证号码 驾驶证档案编号 驾照 驾照号 驾照号码 驾照档案编号 驾驶正 驾驶员证 驾驶本 驾罩 行驶证档案编号 档案编号 档案号 DRIVER_LICENSE DRIVER_LICENCE DRIVING_LICENSE DRIVING_LICENCE',
    'DRIVER_LICENCE',
  ),
  ...words(
    '统一社会信用代码 统一信用代码 社会信用代码 信用代码 信用代吗 统一代码 统一社会代码 税号 纳税人识别号 营业执照 营业执照号 营业执照号码 USCC',
    'USCC',
  ),
  ...words('车牌 车牌号 车牌号码 车排 车排号 车牌好 车号', 'PLATE'),
  ...words('QQ Q_Q Q_Q号 QQ账号 QQ号码 QQ好 QQ是 扣扣 扣扣号 抠抠 抠抠号 口口号 扣扣好 企鹅号 球球号 加Q 加我Q Q号', 'QQ'),
  ...words(
    '微信 微信号 微信号码 微信ID 微信好 威信 威信号 薇信 薇信号 微心 微心号 V信 V信号 VX VX号 WX WX号 WECHAT WECHAT_ID WEIXIN 加V 加我V 卫星号 微讯号',
    'WECHAT',
  ),
  ...words(
    '收到的码 收到码 那个码 短信里的码 数字码 验证码 验正码 验证马 验证吗 验证嘛 验证玛 眼证码 燕证码 校验码 较验码 动态码 动态密码 动态密吗 动态口令 短信码 短信密码 短信验证码 手机验证码 手机码 确认码 登录码 授权码 OTP VERIFICATION_CODE SMS_CODE PASSCODE',
    'SMS_CODE',
  ),
  ...words(
    '密码 密吗 密玛 密马 蜜码 密码是 取款密码 支付密码 交易密码 查询密码 登录密码 登陆密码 初始密码 电话银行密码 取现密码 卡密码 网银密码 口令 PIN PIN码 PIN_CODE PASSWORD',
    'PIN',
  ),
  ...words(
    '三位码 三位数 三位数字 三位数是 后面三位 后面的三位 末三位 CVV CVV2 CVC CVC2 CVV码 CVC码 CVN CVN2 安全码 安全吗 安全马 背面三位 背面后三位 背面末三位 卡背面三位 背面的三位 后三码 背面数字 背后三位 背后三位数 背面三位数 背面三位数字 背面的三位数 背面的三位数字 签名栏 签名条',
    'CVV',
  ),
  ...words(
    '到期 有效期 有效期是 有效日期 有效期限 有效器 有校期 到期日 到期时间 卡有效期 信用卡有效期 卡片有效期 EXPIRY EXPIRES EXP VALID_THRU EXPIRATION GOOD_THRU 月年',
    'CARD_EXPIRY',
  ),
  ...words(
    '生日 生日是 出生 出生日期 出生年月 出生年月日 出声日期 出身日期 初生日期 生于 出生于 生辰 生人 生的 BIRTHDAY BIRTH_DATE DATE_OF_BIRTH DOB BORN',
    'BIRTH_DATE',
  ),
  ...words(
    '订单 订单号 订单号码 单号码 快递号码 运单号码 订单好码 出生证 出生证明 订单好 定单号 订单编号 单号 运单 运单号 快递 快递号 快递单 快递单号 物流单号 物流 流水号 交易流水 交易号 交易单号 流水 编号 工单 工单号 工单编号 票号 机票号 车次 航班 航班号 序列号 串号 IMEI ICCID SN S/N 型号 合同号 合同编号 合同 保单号 保单 投保单号 发票 发票号 发票号码 发票代码 凭证号 参考号 批次 批次号 批号 货号 商品编号 产品编号 产品代码 产品编码 货品 条码 条形码 设备号 设备编号 业务编号 业务号 受理号 受理编号 受理单号 申请编号 申请号 回执号 案件号 报案号 登记号 取件码 取货码 提货码 优惠码 兑换码 邀请码 激活码 兑换券 追踪号 跟踪号 追踪码 顺丰 圆通 中通 韵达 申通 京东 EMS',
    'OTHER',
  ),
  ...words(
    '会员号 会员卡 会员卡号 会员编号 SIM卡 SIM卡号 SIM 加油卡 加油卡号 购物卡 购物卡号 充值卡 礼品卡 公交卡 公交卡号 储值卡 水卡 电卡 户号 电表号 水表号 表号 股票 股票代码 证券代码 基金代码 基金 代码 邮编 邮政编码 版本 版本号 IP 端口 网点号 机构号 行号 联行号 柜台号 工号 员工号 排队号 房间号 期号 指纹 条款 文号 第 端口号 错误码 错误代码 故障码 主机 地址码 ORDER ORDER_NUMBER ORDER_NO TRACKING TRACKING_NUMBER SERIAL MODEL VERSION INVOICE TICKET REF QQ群 QQ群号 群号 微信群 微信支付 频道 房号',
    'OTHER',
  ),
  ...words(
    '金额 余额 额度 限额 总额 本金 利息 年薪 月薪 工资 收入 价格 总价 单价 报价 价值 付款 支付了 转账 转了 转给 汇了 存了 取了 消费 欠款 还款额 应还 最低还款 手续费 共计 合计 一共 总共 积分 数量 销量 人民币 RMB CNY USD ￥ ¥ $ 面积',
    'AMOUNT',
  ),
  ...words(
    '尾号 尾号是 尾数 后四位 后4位 末四位 末4位 后六位 后6位 末六位 前六位 前6位 前四位 最后四位 最后4位 后四码 后3位 后三位 后两位 前三位',
    'PARTIAL',
  ),
  ...words(
    '网点电话 支行电话 分行电话 营业厅电话 银行电话 柜台电话 热线 服务热线 客服热线 客服电话 服务电话 官方电话 总机 投诉电话 举报电话 咨询电话 HOTLINE',
    'HOTLINE',
  ),
  ...words(
    '产品 商品 食品 药品 理财 定期 存款 车险 保险 签证 居住证 授权书 二维码 优惠券 活动 套餐 协议 保质期 质保 会员 证书 执照 许可证',
    'EXPIRES',
  ),
]);

/** CVV286 is CVV and 286; CVV2 123 and CVV2123 are CVV2. */
const CUT_DIGIT = /^\d{2}(?!\d)/;

export function keywordsIn(text: string): Keyword[] {
  return KEYWORDS.all(text).map((word) =>
    word.value === 'CVV' && text.charAt(word.end - 1) === '2' && CUT_DIGIT.test(text.slice(word.end, word.end + 3))
      ? { ...word, end: word.end - 1 }
      : word,
  );
}
