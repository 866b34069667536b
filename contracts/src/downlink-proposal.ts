/** What `cloud-sync` tells the gateway about the proposals it holds: `GET /downlink` on its socket; `GET /downlink/:id` is the envelope itself. */
import { type Static, Type } from 'typebox';

export const ProposalRow = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  version: Type.Integer(),
  key: Type.String(),
  /** Wall ms since 1970. */
  receivedMs: Type.Integer(),
  bytes: Type.Integer(),
});
export type ProposalRow = Static<typeof ProposalRow>;

export const ProposalList = Type.Object({
  proposals: Type.Array(ProposalRow, { maxItems: 1000 }),
  /** Refused since the site was set up, by reason. */
  refused: Type.Record(Type.String(), Type.Integer()),
});
export type ProposalList = Static<typeof ProposalList>;
