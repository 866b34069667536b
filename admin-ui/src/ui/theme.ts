/** Colours, type and measures of the workbench: dense and calm, for eyes that rest on it eight hours a day. System fonts only. */
import type { ThemeConfig } from 'antd';

export const FONT_FAMILY =
  "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', system-ui, 'Segoe UI', sans-serif";

export const theme: ThemeConfig = {
  token: {
    colorPrimary: '#1d4f91',
    colorInfo: '#1d4f91',
    colorSuccess: '#23804a',
    colorWarning: '#b86e00',
    colorError: '#c0302b',
    // Set by hand: what is derived from dark bank colours turns grey.
    colorPrimaryBg: '#e7effa',
    colorInfoBg: '#e7effa',
    colorInfoBorder: '#b5cdec',
    colorSuccessBg: '#e5f5eb',
    colorSuccessBorder: '#a9d8bc',
    colorWarningBg: '#fdf3df',
    colorWarningBorder: '#efcf95',
    colorErrorBg: '#fdebea',
    colorErrorBorder: '#f0b5b2',
    colorBgLayout: '#eef1f5',
    colorTextBase: '#1b2430',
    colorBorderSecondary: '#dde3ea',
    borderRadius: 6,
    fontFamily: FONT_FAMILY,
    fontSize: 14,
    motionDurationMid: '0.12s',
    motionDurationSlow: '0.16s',
  },
  components: {
    Card: { headerFontSize: 14, headerHeight: 40, bodyPadding: 16 },
    Descriptions: { itemPaddingBottom: 8 },
    Button: { fontWeight: 500 },
  },
};
