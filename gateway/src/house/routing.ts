/**
 * Who waits, who is free, and what the cloud says about it: routing and its one optional input, the socket to `cloud-sync`.
 */
import { join } from 'node:path';
import { systemClock as clock } from '@keepline/contracts/clock';
import { CallRegistry } from '../calls/call-registry.ts';
import { askAdvice } from '../cloud-link/ask-advice.ts';
import { CloudSyncSocket } from '../cloud-link/cloud-sync-socket.ts';
import { keepAgentJournal } from '../journeys/agent-journal.ts';
import { type LedgerWatch, watchLedger } from '../journeys/ledger-watch.ts';
import { Dispatcher } from '../routing/dispatcher.ts';
import { AgentDuty } from '../routing/duty.ts';
import { Roster } from '../routing/roster.ts';
import type { Ground } from './ground.ts';

export interface RoutingOffice {
  readonly registry: CallRegistry;
  readonly roster: Roster;
  readonly dispatcher: Dispatcher;
  readonly duty: AgentDuty;
  readonly cloudSync: CloudSyncSocket;
  readonly ledger: LedgerWatch;
  close(): void;
}

export function openRouting({ site, data, log, store, events, anonymiser, audited, onFault }: Ground): RoutingOffice {
  const registry = new CallRegistry();
  const roster = new Roster(site.agents, site.queues, clock);
  keepAgentJournal(roster, store, events, onFault);
  const cloudSync = new CloudSyncSocket({
    socketPath: join(data, 'run/cloud-sync.sock'),
    deadlineMs: site.advice.deadlineMs,
    clock,
    onLink(from, { state: to, why }) {
      log.info({ from, to, why }, 'the cloud link changed');
      store.write((tx) => events.append(tx, 'link.changed', { from, to, why })).catch(onFault);
      const act = { who: 'gateway', role: 'system', from: 'local', object: to, purpose: why };
      audited('link.change', act, async () => {}).catch(onFault);
    },
  });
  const ask = askAdvice({ anonymiser, cloudSync, registry, clock, onFault });
  const dispatcher = new Dispatcher({ roster, queues: site.queues, clock, ask });
  const ledger = watchLedger({
    store,
    clock,
    onFault,
    alarm: (fault) => log.error({ ...fault, alarm: 'ledger' }, 'the recording ledger does not add up'),
  });
  return {
    registry,
    roster,
    dispatcher,
    duty: new AgentDuty(roster, dispatcher),
    cloudSync,
    ledger,
    close() {
      roster.close();
      ledger.stop();
      cloudSync.close();
    },
  };
}
