/** For tests: the recorder thread, with a way to make it die or hang. What it is told on its channel it does to itself. */
import { BroadcastChannel } from 'node:worker_threads';
import '../recorder-worker.ts';

export const FATE = `recorder-fate-${process.pid}`;

const told = new BroadcastChannel(FATE);
told.onmessage = ({ data }): void => {
  if (data === 'die') process.exit(1);
  if (data === 'hang') for (;;);
};
told.unref();
