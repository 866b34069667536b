/** The text of the configuration; what it grants is tried on a real server in `hub-rights.test.ts`. */
import { describe, expect, it } from 'vitest';
import { hubConfig, type HubTrust } from './hub-config.ts';
import { hubTrust, newOperatorSeeds } from './hub-identity.ts';
import { rightsOf } from './hub-rights.ts';

const trust: HubTrust = await hubTrust(await newOperatorSeeds(), 'demo');
const options = { port: 4222, storeDir: '/var/store', trust };

describe('hub configuration', () => {
  it('holds public halves and signed texts, never a seed', async () => {
    const { operatorJwt: _public, ...seeds } = await newOperatorSeeds();
    const whole = { ...seeds, operatorJwt: _public };
    const text = hubConfig({ ...options, trust: await hubTrust(whole, 'demo') });
    for (const seed of Object.values(seeds)) expect(text).not.toContain(seed);
    expect(text).toContain('resolver: MEMORY');
  });

  it('refuses texts that could change the file', () => {
    const refused = expect.objectContaining({ code: 'HUB_OPTION_INVALID' });
    for (const storeDir of ['', '/a"b', '/a\nb', '/a\\b', '$HOME']) expect(() => hubConfig({ ...options, storeDir })).toThrow(refused);
    for (const port of [0, 65_536, 1.5]) expect(() => hubConfig({ ...options, port })).toThrow(refused);
    expect(() => hubConfig({ ...options, trust: { ...trust, operatorJwt: 'x\nusers: []' } })).toThrow(refused);
    expect(() => hubConfig({ ...options, trust: { ...trust, accounts: { 'A" }': 'a.b.c' } } })).toThrow(refused);
    const users = [{ subject: 'CN="x"', rights: rightsOf('demo').site }];
    expect(() => hubConfig({ ...options, trust: { caFile: '/ca', certFile: '/c', keyFile: '/k', users } })).toThrow(refused);
  });

  it('a site name with a dot or wildcard cannot become a subject', () => {
    for (const site of ['a.b', '*', '>', 'A', ''])
      expect(() => rightsOf(site)).toThrow(expect.objectContaining({ code: 'SITE_NAME_INVALID' }));
  });

  it('no running role may touch a stream itself, and none but the site may publish an event', () => {
    const { site, workers, publisher } = rightsOf('demo');
    for (const { publish } of [site, workers, publisher]) {
      expect(publish.filter((subject) => /STREAM\.(CREATE|UPDATE|DELETE|PURGE|MSG\.DELETE|RESTORE|SNAPSHOT)/.test(subject))).toEqual([]);
      expect(publish.filter((subject) => subject === '>' || subject.startsWith('$JS.API.>'))).toEqual([]);
    }
    for (const { publish } of [workers, publisher]) expect(publish.filter((subject) => subject.includes('.events.'))).toEqual([]);
  });
});
