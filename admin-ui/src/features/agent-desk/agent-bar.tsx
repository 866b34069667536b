/** The bar with what the agent is doing: state and time in it, ready and not ready, and whether sound and cloud are there. */
import { AudioOutlined, DownOutlined, LoadingOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { durationText } from '../../ui/duration.ts';
import { KeyHint } from '../../ui/key-hint.tsx';
import { Ticking } from '../../ui/ticking.tsx';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, type DeskState, isAfterwards, serverNowMs, type Sound } from './desk-state.ts';
import { LinkTag } from './link-banner.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { keyOf } from './shortcuts.ts';

export interface AgentBarProps {
  readonly state: DeskState;
  readonly acts: DeskActs;
  readonly reasonsOpen: boolean;
  readonly onReasonsOpen: (isOpen: boolean) => void;
  readonly helpOpen: boolean;
  readonly onHelpOpen: (isOpen: boolean) => void;
}

export function AgentBar({ state, acts, reasonsOpen, onReasonsOpen, helpOpen, onHelpOpen }: AgentBarProps): ReactNode {
  const { t } = useTranslation();
  const allowed = allowedAsks(state);
  const agent = state.view?.agent;
  const reasons = state.view?.reasons ?? [];
  const agentState = agent?.state ?? 'signed_out';
  const afterwards = agent?.afterwards ?? '';
  const isLater = isAfterwards(state);
  return (
    <section className="agent-bar" aria-label={t('agent.title')}>
      <output className="agent-state" data-testid="agent-state" data-state={agentState} data-reason={agent?.reason ?? ''}>
        <span className="agent-state-dot" aria-hidden="true" />
        <strong>{t(`agent.state.${agentState}`)}</strong>
        {agentState === 'not_ready' && agent && agent.reason !== '' && (
          <span className="agent-reason">{t(`reason.${agent.reason}`, { defaultValue: agent.reason })}</span>
        )}
      </output>
      {isLater && afterwards !== '' && (
        <Tag color="warning" data-testid="afterwards" data-reason={afterwards}>
          {t('agent.afterwards', { reason: t(`reason.${afterwards}`, { defaultValue: afterwards }) })}
        </Tag>
      )}
      {agent && (
        <span className="agent-since numeric">
          {t('agent.inState')} <Ticking>{(now) => durationText(serverNowMs(state, now) - agent.sinceMs)}</Ticking>
        </span>
      )}
      <Button
        type="primary"
        data-testid="ready"
        disabled={!allowed.has('agent.ready')}
        loading={state.asking.includes('agent.ready')}
        aria-keyshortcuts={keyOf('ready')}
        onClick={() => acts.ask({ ask: 'agent.ready' })}
      >
        {t(isLater ? 'agent.readyAfterwards' : 'agent.ready')}
        <KeyHint keys={keyOf('ready')} />
      </Button>
      <Dropdown
        trigger={['click']}
        open={reasonsOpen && allowed.has('agent.not_ready')}
        onOpenChange={onReasonsOpen}
        autoFocus
        menu={{
          'aria-label': t('agent.chooseReason'),
          selectedKeys: isLater && afterwards !== '' ? [afterwards] : [],
          items: reasons.map((reason) => ({
            key: reason,
            label: <span data-testid={`reason-${reason}`}>{t(`reason.${reason}`, { defaultValue: reason })}</span>,
          })),
          onClick: ({ key }) => {
            onReasonsOpen(false);
            acts.ask({ ask: 'agent.not_ready', reason: key });
          },
        }}
      >
        <Button
          data-testid="not-ready"
          disabled={!allowed.has('agent.not_ready')}
          loading={state.asking.includes('agent.not_ready')}
          aria-haspopup="menu"
          aria-keyshortcuts={keyOf('not_ready')}
        >
          {t(isLater ? 'agent.notReadyAfterwards' : 'agent.notReady')}
          <KeyHint keys={keyOf('not_ready')} />
          <DownOutlined aria-hidden="true" />
        </Button>
      </Dropdown>
      <span className="agent-bar-gap" />
      <SoundTag sound={state.sound} />
      {state.view && <LinkTag link={state.view.link} />}
      <ShortcutHelp isOpen={helpOpen} onOpen={onHelpOpen} />
    </section>
  );
}

function SoundTag({ sound }: { readonly sound: Sound }): ReactNode {
  const { t } = useTranslation();
  switch (sound.at) {
    case 'off':
      return null;
    case 'starting':
      return (
        <Tag icon={<LoadingOutlined />} data-testid="sound" data-state="starting">
          {t('sound.starting')}
        </Tag>
      );
    case 'ready':
      return (
        <Tag color="success" icon={<AudioOutlined />} data-testid="sound" data-state="ready">
          {t('sound.ready')}
        </Tag>
      );
    case 'failed':
      return (
        <Tag color="error" icon={<WarningOutlined />} data-testid="sound" data-state="failed">
          {t('sound.failed')}
        </Tag>
      );
  }
}
