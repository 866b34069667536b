/**
 * The pages of the desk as Vite built them: `index.html` with the nonce of the reply put in, and files with a hash in their name, which
 * browsers may keep for ever.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { DeskPageMissing } from './errors.ts';
import { nonceOf } from './security-headers.ts';
import type { TypedDoor } from './typed-door.ts';

const PLACE_OF_NONCE = '__CSP_NONCE__';

export async function deskPages(app: TypedDoor, folder: string): Promise<void> {
  await app.register(fastifyStatic, { serve: false, root: folder, dotfiles: 'deny', index: false });

  const assets = { config: { sensitive: false, access: 'public' }, schema: { hide: true } } as const;
  app.get<{ Params: { '*': string } }>('/assets/*', assets, async (request, reply) =>
    reply.sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true }),
  );

  // every other address is a place inside the desk, which finds its way by itself
  for (const url of ['/', '/*'] as const) {
    app.get(url, { config: { sensitive: false, access: 'public' }, schema: { hide: true } }, async (request, reply) => {
      if (/^\/(api|ws)(\/|$)/.test(request.url)) return reply.callNotFound();
      const page = await readPage(folder);
      // a saved page would carry a nonce of yesterday
      void reply.type('text/html; charset=utf-8').header('cache-control', 'no-store');
      return reply.send(page.replaceAll(PLACE_OF_NONCE, nonceOf(reply.raw)));
    });
  }
}

/** Read each time: a new build shows without a restart. @throws DeskPageMissing */
async function readPage(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'index.html'), 'utf8');
  } catch {
    throw new DeskPageMissing(folder);
  }
}
