/** The list of steps, in the order a reader sees them; a command names those it needs. */
import { desk } from './desk.ts';
import { mediaWorker } from './media-worker.ts';
import { nodeModules } from './node-modules.ts';
import { browser, installTools, natsServer, speech, testTools } from './programs.ts';
import { pkcs11 } from './pkcs11.ts';
import { sqlite } from './sqlite.ts';
import type { Step } from './step.ts';

/** To read the site file or talk to a running site. */
export const forTalking: readonly Step[] = [nodeModules];
/** To look after the key store, which may hang on a token. */
export const forKeys: readonly Step[] = [nodeModules, pkcs11];
/** To run the services of the cloud on a machine of their own. */
export const forCloud: readonly Step[] = [nodeModules, sqlite];
/** To run the gateway and `cloud-sync`. */
export const forSite: readonly Step[] = [nodeModules, sqlite, mediaWorker, desk, speech];
/** To run the stand-in cloud as well. */
export const forSiteAndCloud: readonly Step[] = [...forSite, natsServer];
/** Real servers and stock tools, but neither browser nor desk. */
export const forUnitTests: readonly Step[] = [nodeModules, sqlite, pkcs11, mediaWorker, natsServer, testTools];
export const forTests: readonly Step[] = [nodeModules, sqlite, pkcs11, mediaWorker, desk, natsServer, testTools, browser];
export const forBrowserDemo: readonly Step[] = [...forSiteAndCloud, browser];
/** To pack a bundle and install it on a booted machine. */
export const forInstallTests: readonly Step[] = [...forTests, installTools];
