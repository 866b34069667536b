/** The desk as a picture of its state: bar, banners, call and queues. Nothing here talks to the gateway. */
import { type ReactNode, useEffect, useState } from 'react';
import { AgentBar } from './agent-bar.tsx';
import { CallCard } from './call-card.tsx';
import { PURPOSE_ASKS, type Purpose } from './conversation.ts';
import type { DeskActs } from './desk-acts.ts';
import { allowedAsks, callOf, type DeskState } from './desk-state.ts';
import { LinkBanner } from './link-banner.tsx';
import { PickupPanel } from './pickup-panel.tsx';
import { QueuePanel } from './queue-panel.tsx';
import { TargetDialog } from './target-dialog.tsx';
import { TeamPanel } from './team-panel.tsx';
import { TroubleBanners } from './trouble-banners.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import './desk.css';

/** What is being chosen, and for which call: the choice ends with the call. */
interface Choosing {
  readonly purpose: Purpose;
  readonly callId: string | null;
}

export function DeskScreen({ state, acts }: { readonly state: DeskState; readonly acts: DeskActs }): ReactNode {
  const [reasonsOpen, setReasonsOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const [choosing, setChoosing] = useState<Choosing | null>(null);
  const callId = callOf(state)?.callId ?? null;
  useEffect(() => setChoosing(null), [callId]);
  const choose = (purpose: Purpose): void => {
    if (allowedAsks(state).has(PURPOSE_ASKS[purpose])) setChoosing({ purpose, callId });
  };
  useShortcuts(state, acts, { openReasons: () => setReasonsOpen(true), showHelp: () => setHelpOpen((isOpen) => !isOpen), choose });
  return (
    <main className="desk" data-call={callOf(state)?.state ?? 'none'}>
      <AgentBar
        state={state}
        acts={acts}
        reasonsOpen={reasonsOpen}
        onReasonsOpen={setReasonsOpen}
        helpOpen={helpOpen}
        onHelpOpen={setHelpOpen}
      />
      <div className="banners">
        <TroubleBanners state={state} acts={acts} />
        <LinkBanner state={state} />
      </div>
      <div className="desk-body">
        <CallCard state={state} acts={acts} onChoose={choose} />
        <QueuePanel state={state} />
        <PickupPanel state={state} acts={acts} />
        {state.view?.team && <TeamPanel state={state} team={state.view.team} acts={acts} />}
      </div>
      {choosing && state.view && choosing.callId === callId && callOf(state)?.state !== 'wrap_up' && (
        <TargetDialog purpose={choosing.purpose} view={state.view} state={state} acts={acts} onClose={() => setChoosing(null)} />
      )}
    </main>
  );
}
