/**
 * Looks into a running Node process through its own inspector (Chrome DevTools Protocol): collects garbage in every thread, then counts memory, handles,
 * entries of maps and sets, and living objects of a class. The process needs no line of code for it: SIGUSR1 opens the inspector on loopback, where
 * `NODE_OPTIONS=--inspect-port=0` gave it a port of its own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** Goes into the environment of a process that will be looked into. */
export const INSPECTABLE = '--inspect-port=0';

/** Starts something whose processes can be looked into. */
export async function inspectable<T>(start: () => Promise<T>): Promise<T> {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = `${before ?? ''} ${INSPECTABLE}`.trim();
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}

export interface ThreadFigures {
  /** Of the thread, after garbage was collected; bytes. */
  readonly heapBytes: number;
  /** Entries of all maps and sets. */
  readonly entries: number;
  /** Living objects of the classes that were asked for and that the thread knows. */
  readonly living: Readonly<Record<string, number>>;
  /** Timers, sockets and requests that keep the thread busy, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}
export interface ProcessFigures {
  readonly rssBytes: number;
  /** Open file descriptors of all threads. */
  readonly files: number;
  /** By name of the thread; `main` is the first. */
  readonly threads: Readonly<Record<string, ThreadFigures>>;
}

type Send = (method: string, params?: object) => Promise<Answer>;
interface Answer {
  readonly result?: { readonly objectId?: string; readonly value?: unknown };
  readonly objects?: { readonly objectId: string };
}

const FIGURES = `JSON.stringify({
  heapBytes: process.memoryUsage().heapUsed,
  resources: process.getActiveResourcesInfo().reduce((sum, kind) => ({ ...sum, [kind]: (sum[kind] ?? 0) + 1 }), {}),
})`;

/** Runs in the thread, over every object there is. A class is known by its prototype, which is such an object, too. */
const CENSUS = `function (names) {
  let entries = 0;
  const living = {};
  for (const one of this) {
    try {
      if (one instanceof Map || one instanceof Set) entries += one.size;
      const own = Object.getOwnPropertyDescriptor(one, 'constructor')?.value;
      if (own?.prototype === one && names.includes(own.name)) living[own.name] ??= 0;
      const name = Object.getPrototypeOf(one)?.constructor?.name;
      if (names.includes(name)) living[name] = (living[name] ?? 0) + 1;
    } catch {} // a proxy that tells nobody what it is
  }
  return JSON.stringify({ entries, living });
}`;

export class NodeInspector {
  readonly #pid: number;
  readonly #socket: WebSocket;
  readonly #asked = new Map<string, PromiseWithResolvers<Answer>>();
  readonly #threads = new Map<string, Send>();
  readonly #sessions = new Map<string, string>();
  #asks = 0;

  private constructor(pid: number, socket: WebSocket) {
    this.#pid = pid;
    this.#socket = socket;
    this.#threads.set('main', (method, params = {}) => this.#ask('', method, params));
    socket.addEventListener('message', ({ data }) => this.#hear('', String(data)));
    const gone = (): void => {
      for (const { reject } of this.#asked.values()) reject(new Error(`the inspector of ${pid} has closed`));
    };
    socket.addEventListener('close', gone);
  }

  /** @param log file that gets what the process writes to stderr, where Node says the address of its inspector */
  static async open(pid: number, log: string): Promise<NodeInspector> {
    process.kill(pid, 'SIGUSR1');
    const address = await eventually('the inspector listens', () => /Debugger listening on (ws:\S+)/.exec(readFileSync(log, 'utf8'))?.[1]);
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${address}`)));
    });
    const inspector = new NodeInspector(pid, socket);
    await inspector.#ask('', 'NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  /**
   * Garbage is collected first. The process stands still meanwhile, for as long as that takes.
   * @param classNames whose objects are counted
   */
  async figures(classNames: readonly string[] = []): Promise<ProcessFigures> {
    const threads: Record<string, ThreadFigures> = {};
    for (const [name, send] of this.#threads) {
      await send('HeapProfiler.collectGarbage');
      const { result } = await send('Runtime.evaluate', { expression: FIGURES });
      const { result: prototype } = await send('Runtime.evaluate', { expression: 'Object.prototype', objectGroup: 'census' });
      const { objects } = await send('Runtime.queryObjects', { prototypeObjectId: prototype?.objectId, objectGroup: 'census' });
      const counted = await send('Runtime.callFunctionOn', {
        objectId: objects?.objectId,
        functionDeclaration: CENSUS,
        arguments: [{ value: classNames }],
        returnByValue: true,
      });
      await send('Runtime.releaseObjectGroup', { objectGroup: 'census' });
      threads[name] = { ...JSON.parse(String(result?.value)), ...JSON.parse(String(counted.result?.value)) };
    }
    const unknown = classNames.filter((name) => !Object.values(threads).some(({ living }) => name in living));
    if (unknown.length > 0) throw new Error(`no class ${unknown.join(', ')} in process ${this.#pid}`);
    const rss = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    return { rssBytes: rss, files: readdirSync(`/proc/${this.#pid}/fd`).length, threads };
  }

  /** Ends a worker thread from within, as a fault in it would. @param name a part of its name @returns whether there was one */
  endThread(name: string): boolean {
    const [found] = [...this.#threads].filter(([thread]) => thread.includes(name));
    if (!found) return false;
    const [thread, send] = found;
    this.#threads.delete(thread);
    void send('Runtime.evaluate', { expression: 'process.exit(1)' }).catch(() => {}); // it is gone before it could answer
    return true;
  }

  close(): void {
    this.#socket.close();
  }

  /** @param thread session of a worker thread; '' for the main one */
  async #ask(thread: string, method: string, params: object): Promise<Answer> {
    const id = ++this.#asks;
    const message = JSON.stringify({ id, method, params });
    const asked = Promise.withResolvers<Answer>();
    this.#asked.set(`${thread} ${id}`, asked);
    if (thread === '') this.#socket.send(message);
    else void this.#ask('', 'NodeWorker.sendMessageToWorker', { sessionId: thread, message }).catch(asked.reject);
    return asked.promise;
  }

  #hear(thread: string, text: string): void {
    const { id, method, params, result, error } = JSON.parse(text);
    if (method === 'NodeWorker.detachedFromWorker') return this.#lose(params.sessionId);
    if (method === 'NodeWorker.receivedMessageFromWorker') return this.#hear(params.sessionId, params.message);
    if (method === 'NodeWorker.attachedToWorker') {
      const { sessionId, workerInfo } = params;
      const name = `${workerInfo.title} ${workerInfo.workerId}`;
      this.#sessions.set(sessionId, name);
      this.#threads.set(name, (asked, more = {}) => this.#ask(sessionId, asked, more));
      return;
    }
    const asked = this.#asked.get(`${thread} ${id}`);
    this.#asked.delete(`${thread} ${id}`);
    if (error) asked?.reject(new Error(`the inspector refused: ${error.message}`));
    else asked?.resolve(result);
  }

  /** The thread has ended: what it was asked is never answered. */
  #lose(session: string): void {
    this.#threads.delete(this.#sessions.get(session) ?? '');
    this.#sessions.delete(session);
    for (const [key, { reject }] of this.#asked) {
      if (!key.startsWith(`${session} `)) continue;
      this.#asked.delete(key);
      reject(new Error('the thread has ended'));
    }
  }
}
