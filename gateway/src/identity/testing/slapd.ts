/** A real OpenLDAP server as a process of its own: own folder, own port, own certificate authority; people and groups from LDIF. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '@keepline/testkit/eventually';
import { freeTcpPort } from '@keepline/testkit/free-port';
import { tempDir } from '@keepline/testkit/temp-dir';

export const BASE = 'dc=bank,dc=test';
export const ADMIN_PASSWORD = 'search-only';

/** @param ldif entries below `BASE`, which is made here */
export async function startSlapd(ldif: string) {
  const home = tempDir();
  const at = (name: string): string => join(home.path, name);
  mkdirSync(at('db'));
  const days = ['-days', '2', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const quiet = { stdio: 'ignore' } as const;
  const signed = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...days, ...signed, '-keyout', at('key.pem'), '-out', at('cert.pem')], quiet);
  execFileSync('openssl', ['req', '-x509', ...days, '-subj', '/CN=other', '-keyout', at('other.key'), '-out', at('other.pem')], quiet);
  writeFileSync(
    at('slapd.conf'),
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
moduleload /usr/lib/ldap/back_mdb
pidfile ${at('slapd.pid')}
TLSCertificateFile ${at('cert.pem')}
TLSCertificateKeyFile ${at('key.pem')}
security tls=1
database mdb
suffix "${BASE}"
rootdn "cn=search,${BASE}"
rootpw ${ADMIN_PASSWORD}
directory ${at('db')}
`,
  );
  const root = `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: bank\no: bank\n\n`;
  writeFileSync(at('people.ldif'), root + ldif);
  execFileSync('/usr/sbin/slapadd', ['-f', at('slapd.conf'), '-l', at('people.ldif')], quiet);
  const [plain, secure] = [await freeTcpPort(), await freeTcpPort()];
  const urls = `ldap://127.0.0.1:${plain} ldaps://127.0.0.1:${secure}`;
  const child = spawn('/usr/sbin/slapd', ['-f', at('slapd.conf'), '-h', urls, '-d', '0'], quiet);
  await eventually('slapd listens', async () => {
    const socket = connect(secure, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return true;
  });
  return {
    folder: home.path,
    ldap: `ldap://127.0.0.1:${plain}`,
    ldaps: `ldaps://127.0.0.1:${secure}`,
    ca: at('cert.pem'),
    otherCa: at('other.pem'),
    /** Stops it and leaves the folder. */
    async stop(): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    async remove(): Promise<void> {
      await this.stop();
      home.remove();
    },
  };
}
