/**
 * The law of the route table: every route says which audited act it is, or `false`, and who may use it. A silent one stops the start, so
 * it cannot reach a site.
 */
import type { AuditAct } from '@keepline/contracts/audit-acts';
import type { Access } from './authorise.ts';
import type { TypedDoor } from './typed-door.ts';

export interface RouteEntry {
  readonly method: string;
  readonly url: string;
  readonly sensitive: AuditAct | false;
  readonly access: Access;
}

/** Watches every route put on the door from now on and returns the growing table. Routes are put on by our code only: a fault is a bug. */
export function routeTable(app: TypedDoor): readonly RouteEntry[] {
  const table: RouteEntry[] = [];
  app.addHook('onRoute', (route) => {
    const method = String(route.method);
    const { sensitive, access } = route.config ?? {};
    if (sensitive === undefined) {
      throw new Error(
        `${method} ${route.url} does not say whether it is sensitive: add config { sensitive: '<act>' } or { sensitive: false }`,
      );
    }
    if (access === undefined) {
      throw new Error(`${method} ${route.url} does not say who may use it: add config { access: { permission } } or { access: 'public' }`);
    }
    table.push({ method, url: route.url, sensitive, access });
  });
  return table;
}
