/** The desk as a picture of its state: bar, banners, call and queues. Nothing here talks to the gateway. */
import { type ReactNode, useState } from 'react';
import { AgentBar } from './agent-bar.tsx';
import { CallCard } from './call-card.tsx';
import type { DeskActs } from './desk-acts.ts';
import { callOf, type DeskState } from './desk-state.ts';
import { LinkBanner } from './link-banner.tsx';
import { QueuePanel } from './queue-panel.tsx';
import { TroubleBanners } from './trouble-banners.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import './desk.css';

export function DeskScreen({ state, acts }: { readonly state: DeskState; readonly acts: DeskActs }): ReactNode {
  const [reasonsOpen, setReasonsOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  useShortcuts(state, acts, { openReasons: () => setReasonsOpen(true), showHelp: () => setHelpOpen((isOpen) => !isOpen) });
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
        <CallCard state={state} acts={acts} />
        <QueuePanel state={state} />
      </div>
    </main>
  );
}
