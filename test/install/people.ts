/** People of a bank at an installed site: enrolled with a one-time code, a password and an authenticator app, over HTTPS as from their desks. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { eventually } from '@keepline/testkit/eventually';
import { Secret, TOTP } from 'otpauth';
import { DATA, type House } from './house.ts';

/** A running gateway takes up what the console did to accounts within 15 s; three times that on a busy machine. */
const TAKEN_UP_MS = 45_000;

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly cookie: string | undefined;
}

export class Person {
  readonly #base: { readonly host: string; readonly port: number; readonly ca: string };
  #cookie = '';

  private constructor(house: House) {
    // The certificate the site made for itself, which a browser of the house would be told to trust.
    const pem = readFileSync(join(house.machine.root, DATA, 'keys/site.pem'), 'utf8');
    this.#base = { host: house.machine.address, port: 8443, ca: /-----BEGIN CERTIFICATE-----[^]+/.exec(pem)?.[0] ?? '' };
  }

  /** @param code one-time enrolment code, as `keepline users` printed it */
  static async enrol(house: House, id: string, code: string): Promise<Person> {
    const person = new Person(house);
    const known = async (): Promise<boolean> => (await person.#send('POST', '/api/sign-in', { agent: id, password: code })).status === 200;
    await eventually(`${id} may sign in`, known, TAKEN_UP_MS);
    await person.ask('POST', '/api/session/password', { next: `Kettle-on-the-stove-${id}` });
    const { secret = '' } = await person.ask('POST', '/api/factors/totp');
    const app = new TOTP({ secret: Secret.fromBase32(secret) });
    await person.ask('POST', '/api/factors/totp/confirm', { code: app.generate(), label: 'phone' });
    return person;
  }

  /** @throws Error unless the door did it */
  async ask(method: string, path: string, body?: object): Promise<Partial<Record<string, string>>> {
    const { status, text } = await this.#send(method, path, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Partial<Record<string, string>>); // parse boundary: the gateway under test wrote it
  }

  #send(method: string, path: string, body?: object): Promise<Reply> {
    const headers = { 'x-keepline': 'desk', cookie: this.#cookie, ...(body && { 'content-type': 'application/json' }) };
    return new Promise((resolve, reject) => {
      const going = request({ ...this.#base, method, path, headers }, (incoming) => {
        const [cookie] = incoming.headers['set-cookie']?.[0]?.split(';') ?? [];
        if (cookie !== undefined) this.#cookie = cookie;
        let text = '';
        incoming.on('data', (piece: Buffer) => (text += piece.toString()));
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text, cookie }));
        incoming.once('error', reject);
      });
      going.once('error', reject);
      going.end(body && JSON.stringify(body));
    });
  }
}
