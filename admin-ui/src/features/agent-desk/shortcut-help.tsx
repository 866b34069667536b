/** The list of keys, behind a button and behind its own key. */
import { QuestionCircleOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { KEYS } from './shortcuts.ts';

export function ShortcutHelp({ isOpen, onOpen }: { readonly isOpen: boolean; readonly onOpen: (isOpen: boolean) => void }): ReactNode {
  const { t } = useTranslation();
  const rows = [
    ...KEYS.map(({ act, shown }) => ({ name: t(`shortcuts.${act}`), shown })),
    { name: t('shortcuts.disposition'), shown: 'Alt+1 … 9' },
  ];
  const list = (
    <dl className="shortcut-list" data-testid="shortcut-list">
      {rows.map(({ name, shown }) => (
        <div key={shown}>
          <dt>
            <kbd className="key-hint">{shown}</kbd>
          </dt>
          <dd>{name}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <Popover title={t('shortcuts.title')} content={list} trigger="click" placement="bottomRight" open={isOpen} onOpenChange={onOpen}>
      <Button
        type="text"
        icon={<QuestionCircleOutlined />}
        aria-label={t('shortcuts.show')}
        aria-keyshortcuts="Alt+K"
        data-testid="shortcuts"
      >
        {t('shortcuts.title')}
      </Button>
    </Popover>
  );
}
