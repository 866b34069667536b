/** The two ways to prove a second factor, as forms: a code, and a passkey where the browser has them. */
import { KeyOutlined } from '@ant-design/icons';
import { Button, Divider, Form, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { canUsePasskeys } from './passkey.ts';

export interface CodeFormProps {
  readonly label: string;
  readonly isPending: boolean;
  readonly onCode: (code: string) => void;
}

export function CodeForm({ label, isPending, onCode }: CodeFormProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Form<{ code: string }> layout="vertical" requiredMark={false} disabled={isPending} onFinish={({ code }) => onCode(code.trim())}>
      <Form.Item name="code" label={label} rules={[{ required: true, message: t('factor.required') }]}>
        <Input size="large" maxLength={64} autoComplete="one-time-code" spellCheck={false} data-testid="factor-code" autoFocus />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={isPending} data-testid="factor-submit">
        {t('factor.submit')}
      </Button>
    </Form>
  );
}

export interface PasskeyButtonProps {
  readonly text: string;
  readonly isPending: boolean;
  readonly onPress: () => void;
}

/** Nothing where no passkey can work. */
export function PasskeyButton({ text, isPending, onPress }: PasskeyButtonProps): ReactNode {
  const { t } = useTranslation();
  if (!canUsePasskeys()) return null;
  return (
    <>
      <Divider plain>{t('passkey.or')}</Divider>
      <Button size="large" block icon={<KeyOutlined />} loading={isPending} onClick={onPress} data-testid="passkey">
        {text}
      </Button>
    </>
  );
}
