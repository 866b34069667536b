/** Settings of overload: when new calls are answered 503 so that calls in progress keep their quality (docs/runbook/overload.md). */
import { group, whole } from './config-field.ts';

export const OverloadSettings = group('Overload: when new calls are answered 503 with Retry-After.', {
  maxCalls: whole(500, 1, 20_000, 'Calls in progress at this site, over all trunks; set it to what `./keepline bench calls` finds here.'),
  loopDelayMs: whole(250, 10, 10_000, 'Delay of the main thread, in ms, from which on it counts as strained.'),
  edgeLateMs: whole(150, 10, 10_000, 'Lateness of an RTP thread, in ms, from which on it counts as strained.'),
  recorderQueuePercent: whole(
    50,
    1,
    100,
    'Fill of the queue of a recording before the disk (16 s), in percent, from which on it counts as strained.',
  ),
});
