/** Views as a gateway pushes them: nobody calls yet, and a call that rings. */
import type { DeskCall, DeskView } from '@keepline/contracts/agent-protocol';

export const AGENT = 'agent1';

export function firstView(): DeskView {
  const now = Date.now();
  return {
    agent: { id: AGENT, name: '李静', state: 'not_ready', reason: 'signed_in', sinceMs: now, afterwards: '' },
    colleagues: [],
    pickable: [],
    parked: [],
    transferQueues: ['service', 'vip-private-banking'],
    team: null,
    call: null,
    queues: [
      { queue: 'service', waiting: 3, longestWaitMs: 74_000, readyAgents: 2 },
      { queue: 'vip-private-banking', waiting: 0, longestWaitMs: 0, readyAgents: 5 },
    ],
    link: { state: 'up', sinceMs: now, why: 'stable', backlog: 0, oldestUnsentMs: 0 },
    reasons: ['break', 'training', 'meeting', 'lunch'],
    dispositions: ['resolved', 'follow_up', 'transferred_out', 'wrong_number', 'complaint'],
    secrets: [],
    serverTimeMs: now,
  };
}

export function ringingCall(): DeskCall {
  return {
    callId: 'call-01900000-0000-7000-8000-000000000001',
    state: 'ringing',
    direction: 'in',
    calledBack: null,
    part: 'agent',
    parties: [],
    conference: false,
    lastConsult: null,
    mode: null,
    ofAgent: '',
    callerNumber: '138******78',
    callerName: '张三',
    queue: 'service',
    skill: 'cards',
    waitMs: 42_000,
    path: ['信用卡', '账单与还款'],
    routedBecause: {
      how: 'advised',
      skill: 'cards',
      advice: 'answered',
      reason: { zh: '同类客户多由银行卡坐席服务。', en: 'Callers like this one are served by cards.' },
    },
    muted: false,
    pausedUntilMs: 0,
    pauseRanOut: false,
    collecting: null,
    lastSecret: null,
    recording: false,
    recordingPolicy: 'always',
    ringingSinceMs: Date.now(),
    connectedSinceMs: 0,
    endedAtMs: 0,
    wrapUpUntilMs: 0,
  };
}
