/**
 * Suggestions of the cloud about a text the agent types: articles, a summary, a look at the quality of the talk. Labelled as what they are, never
 * applied by themselves, and simply not there while the cloud is away.
 */
import { CloudOutlined } from '@ant-design/icons';
import { Button, Input, Tag } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '@keepline/contracts/agent-protocol';
import { ASKED_TEXT_MAX, type DeskService, type DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import type { LinkState } from '@keepline/contracts/link';
import { askForSuggestion, offeredServices } from './suggestion-requests.ts';

/** Phases of a call in which there is something to ask about. */
const TALKED: ReadonlySet<DeskCall['state']> = new Set(['connected', 'held', 'wrap_up']);

export interface SuggestionPanelProps {
  readonly call: DeskCall;
  readonly link: LinkState | undefined;
}

/** Key it by the call: text and suggestion belong to one call only. */
export function SuggestionPanel({ call, link }: SuggestionPanelProps): ReactNode {
  const [services, setServices] = useState<readonly DeskService[]>([]);
  const [text, setText] = useState('');
  const [asking, setAsking] = useState<DeskService | null>(null);
  const [suggestion, setSuggestion] = useState<DeskSuggestion | null>(null);
  const isHere = useRef(true);
  useEffect(() => {
    isHere.current = true;
    offeredServices().then(
      (offered) => isHere.current && setServices(offered),
      () => undefined, // a desk without suggestions works
    );
    return () => {
      isHere.current = false;
    };
  }, []);
  const ask = (service: DeskService): void => {
    setAsking(service);
    askForSuggestion({ callId: call.callId, service, text })
      .catch((): DeskSuggestion => ({ outcome: 'away', removed: [], items: [], disposition: '', model: '' }))
      .then((suggested) => {
        if (!isHere.current) return;
        setAsking(null);
        setSuggestion(suggested);
      })
      .catch(() => undefined);
  };
  if (link === undefined || link === 'down' || services.length === 0 || !TALKED.has(call.state)) return null;
  return <SuggestionForm {...{ services, text, asking, suggestion, onText: setText, onAsk: ask }} />;
}

export interface SuggestionFormProps {
  readonly services: readonly DeskService[];
  readonly text: string;
  readonly asking: DeskService | null;
  readonly suggestion: DeskSuggestion | null;
  readonly onText: (text: string) => void;
  readonly onAsk: (service: DeskService) => void;
}

export function SuggestionForm({ services, text, asking, suggestion, onText, onAsk }: SuggestionFormProps): ReactNode {
  const { t } = useTranslation();
  return (
    <section className="suggestions" aria-labelledby="suggestions-label" data-testid="suggestions">
      <label className="wrap-up-label" id="suggestions-label" htmlFor="suggestions-text">
        <CloudOutlined aria-hidden="true" /> {t('suggest.title')}
      </label>
      <Input.TextArea
        id="suggestions-text"
        data-testid="suggestions-text"
        rows={2}
        maxLength={ASKED_TEXT_MAX}
        autoComplete="off"
        placeholder={t('suggest.placeholder')}
        value={text}
        onChange={(event) => onText(event.target.value)}
      />
      <div className="call-buttons">
        {services.map((service) => (
          <Button
            key={service}
            data-testid={`suggest-${service}`}
            disabled={text.trim() === '' || asking !== null}
            loading={asking === service}
            onClick={() => onAsk(service)}
          >
            {t(`suggest.ask.${service}`)}
          </Button>
        ))}
        <span className="quiet">{t('suggest.anonymised')}</span>
      </div>
      <output aria-live="polite">{suggestion && asking === null && <Suggested suggestion={suggestion} />}</output>
    </section>
  );
}

function Suggested({ suggestion }: { readonly suggestion: DeskSuggestion }): ReactNode {
  const { t, i18n } = useTranslation();
  const { outcome, removed, items, disposition, model } = suggestion;
  const language = i18n.language.startsWith('zh') ? 'zh' : 'en';
  return (
    <div className="suggested" data-testid="suggested" data-outcome={outcome}>
      {outcome === 'answered' ? (
        <Tag color="processing" title={model}>
          {t('suggest.label')}
        </Tag>
      ) : (
        <span className="quiet">{t(`suggest.outcome.${outcome}`)}</span>
      )}
      {removed.length > 0 && <span className="quiet">{t('suggest.removed', { kinds: removed.join(t('link.separator')) })}</span>}
      {outcome === 'answered' && items.length === 0 && <span className="quiet">{t('suggest.none')}</span>}
      {items.map(({ title, text, reason, verdict }) => (
        <p key={`${title}${text}`}>
          {verdict !== '' && (
            <Tag color={VERDICT_COLOURS[verdict] ?? 'default'}>{t(`suggest.verdict.${verdict}`, { defaultValue: verdict })}</Tag>
          )}
          {title !== '' && <strong>{verdict === '' ? title : t(`suggest.check.${title}`, { defaultValue: title })} </strong>}
          {text} {reason && <span className="quiet">{reason[language]}</span>}
        </p>
      ))}
      {disposition !== '' && (
        <p>{t('suggest.disposition', { disposition: t(`disposition.${disposition}`, { defaultValue: disposition }) })}</p>
      )}
    </div>
  );
}
const VERDICT_COLOURS: Readonly<Record<string, string>> = { passed: 'success', failed: 'error' };
