/** The playbooks as their own tools and this tree judge them: lint at its strictest, and defaults that say what the site file says. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '@keepline/testkit/program';
import { parseSite } from '@keepline/contracts/site-file';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../source-files.ts';

const ANSIBLE = join(ROOT, 'ansible');
const yaml = (path: string): Record<string, unknown> => parse(readFileSync(join(ANSIBLE, path), 'utf8')) ?? {};

describe('the playbooks', () => {
  it('are clean by ansible-lint, profile production', () => {
    const lint = spawnSync(findProgram('ansible-lint'), ['--offline', '--profile', 'production', '-q'], { cwd: ANSIBLE, encoding: 'utf8' });
    expect(lint.stdout + lint.stderr).not.toMatch(/violation/);
    expect(lint.status).toBe(0);
  }, 120_000);

  it.each(readdirSync(join(ANSIBLE, 'roles')))('role %s declares each default, with the same value', (role) => {
    const specs = yaml(`roles/${role}/meta/argument_specs.yml`) as {
      argument_specs: { main: { options: Record<string, { default?: unknown }> } };
    };
    const { options } = specs.argument_specs.main;
    for (const [name, value] of Object.entries(yaml(`roles/${role}/defaults/main.yml`))) {
      expect(Object.keys(options), `${name} of ${role}`).toContain(name);
      if (options[name]?.default !== undefined) expect(options[name].default).toEqual(value);
    }
  });

  it('open the ports that a site file opens by itself', () => {
    const { sip, media, web } = parseSite({});
    expect(yaml('roles/hardening/defaults/main.yml')).toMatchObject({
      hardening_sip_port: sip.port,
      hardening_rtp_ports: `${media.rtpPortMin}-${media.rtpPortMax}`,
      hardening_webrtc_port: media.webRtcPort,
      hardening_https_port: web.httpsPort,
    });
  });

  it('name the item of the regulation in every task of the hardening', () => {
    const tasks = parse(readFileSync(join(ANSIBLE, 'roles/hardening/tasks/configure.yml'), 'utf8')) as Array<{ name: string }>;
    const without = tasks.filter(({ name }) => !/\(8\.1\.4\.\d/.test(name)).map(({ name }) => name);
    expect(without).toEqual(['Folder for the settings of core dumps']); // the one after it does the deed
  });
});
