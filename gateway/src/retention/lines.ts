/** Line of business of a queue, by the site file: pure. */
import type { BusinessLine } from '@keepline/contracts/business-lines';
import type { SiteConfig } from '@keepline/contracts/site-config';

/** A queue that is not in the file any more has no line, so nothing of it is deleted by itself; a call that reached no queue is `service`. */
export function lineOfQueue({ queues }: Pick<SiteConfig, 'queues'>): (queue: string) => BusinessLine | undefined {
  const lines = new Map(queues.map(({ name, businessLine }) => [name, businessLine]));
  return (queue) => (queue === '' ? 'service' : lines.get(queue));
}
