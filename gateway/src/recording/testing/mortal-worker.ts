/** For tests: the recorder thread, with a way to make it die or hang. What it is told on its channel it does to itself. */
import { BroadcastChannel } from 'node:worker_threads';

export const FATE = `recorder-fate-${process.pid}`;

const told = new BroadcastChannel(FATE);
told.onmessage = ({ data }): void => {
  if (data === 'die') process.exit(1);
  if (data === 'hang') for (;;);
};
told.unref();
// After the channel: the recorder tells that it runs while it is loaded, and a fate sent then would reach nobody.
await import('../recorder-worker.ts');
