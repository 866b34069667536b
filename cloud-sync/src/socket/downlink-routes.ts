/** What the gateway may read of the downlink and of the credentials in use. Reading changes nothing; there is no route that applies anything. */
import type { ProposalList } from '@keepline/contracts/downlink-proposal';
import type { FastifyInstance } from 'fastify';
import type { Proposals } from '../downlink/proposals.ts';

export interface DownlinkRoutesOptions {
  readonly proposals: Pick<Proposals, 'list' | 'body' | 'refusals'>;
  /** Public identity the present connection was opened with; '' while there is none. */
  readonly identity: () => string;
}

export function downlinkRoutes(app: FastifyInstance, { proposals, identity }: DownlinkRoutesOptions): void {
  app.get('/downlink', async (): Promise<ProposalList> => ({ proposals: await proposals.list(), refused: await proposals.refusals() }));

  app.get<{ Params: { id: string } }>('/downlink/:id', async (request, reply) => {
    const body = await proposals.body(request.params.id);
    if (body === undefined) return await reply.code(404).send({ code: 'DOWNLINK_UNKNOWN' });
    return await reply.type('application/json').send(body);
  });

  app.get('/credentials', () => ({ identity: identity() }));
}
