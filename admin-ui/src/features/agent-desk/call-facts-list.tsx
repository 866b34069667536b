/** What is known of a call before the first word: queue, skill, wait, the way through the menu, and why it came to this agent. */
import { Descriptions, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, RoutedBecause } from '@keepline/contracts/agent-protocol';
import { durationText } from '../../ui/duration.ts';

export function CallFactsList({ call }: { readonly call: DeskCall }): ReactNode {
  const { t } = useTranslation();
  const path =
    call.path.length === 0 ? (
      <span className="quiet">{t('call.noPath')}</span>
    ) : (
      <span className="call-path">
        {call.path.map((label, at) => (
          <span key={`${at} ${label}`}>
            {at > 0 && (
              <span className="call-path-arrow" aria-hidden="true">
                ›
              </span>
            )}
            <Tag>{t(`skill.${label}`, { defaultValue: label })}</Tag>
          </span>
        ))}
      </span>
    );
  return (
    <Descriptions
      className="call-facts"
      column={3}
      colon={false}
      layout="vertical"
      items={[
        {
          key: 'queue',
          label: t('call.queue'),
          children: call.queue === '' ? '–' : t(`queue.label.${call.queue}`, { defaultValue: call.queue }),
        },
        {
          key: 'skill',
          label: t('call.skill'),
          children: t(`skill.${call.skill === '' ? 'any' : call.skill}`, { defaultValue: call.skill }),
        },
        { key: 'waited', label: t('call.waited'), children: <span className="numeric">{durationText(call.waitMs)}</span> },
        { key: 'path', label: t('call.path'), children: path },
        { key: 'because', label: t('call.because'), span: 2, children: <Because because={call.routedBecause} /> },
      ]}
    />
  );
}

/** Why this agent, in the language of the desk; the cloud's own words follow when its advice decided. */
function Because({ because }: { readonly because: RoutedBecause | null }): ReactNode {
  const { t, i18n } = useTranslation();
  if (because === null) return null;
  const skill = t(`skill.${because.skill}`, { defaultValue: because.skill });
  const words = because.reason?.[i18n.language.startsWith('zh') ? 'zh' : 'en'] ?? '';
  return (
    <>
      {t(`because.${because.how}`, { skill })}
      {words !== '' && <span className="quiet"> {words}</span>}
      {(because.how === 'skill' || because.how === 'longest_idle') && (
        <span className="quiet"> {t(`because.advice.${because.advice}`)}</span>
      )}
    </>
  );
}
