/** Settings of backups: when, whereto, to whom they are encrypted, how many are kept. */
import { Type } from 'typebox';
import { group, port, text, whole } from './config-field.ts';

export const BackupSettings = group('Backups of the site (docs/backup.md).', {
  schedule: text('', 'When one is made, as a cron expression in the time zone of the machine, such as `30 3 * * *`; empty: only by hand.'),
  folder: text('', 'Folder they are written to, best on another disk; empty: none.'),
  recipient: text('', 'age recipient they are encrypted to, `age1…`; its identity belongs on no machine of the site.'),
  withKeys: Type.Boolean({
    default: false,
    description: 'The key store goes along; then whoever has the identity of the backups can open recordings too.',
  }),
  keep: whole(14, 1, 1000, 'Backups kept; a deleted recording is gone from all of them after so many runs.'),
  oldHours: whole(50, 2, 8760, 'With a schedule: a newest backup older than this, in hours, is an alarm (BACKUP_OLD).'),
  offsite: group('A copy in another building, over sftp.', {
    address: text('', '`user@host` of an account that may write there; empty: none.'),
    port: port(22, 'TCP port of its SSH server.'),
    folder: text('.', 'Folder there; it must exist.'),
    identityFile: text('', 'File with the private SSH key, readable by the gateway only.'),
    knownHosts: text('', 'File with its host key, in the form of known_hosts.'),
  }),
});
