/** What can go wrong between a unit of work and the disk, and what the caller does about it. */
import { KeeplineError, messageOf } from '@keepline/contracts/errors';

export class StoreBusy extends KeeplineError {
  constructor(waiting: number) {
    super('STORE_BUSY', `${waiting} units of work already wait for the database`, {
      hint: 'Refuse the request at the door (SIP 503 or HTTP 503, each with Retry-After: 1) and look at the disk: ./keepline doctor.',
      offending: waiting,
    });
  }
}

export class StoreClosed extends KeeplineError {
  constructor() {
    super('STORE_CLOSED', 'the database is closing', { hint: 'The site is stopping; refuse the request, the next start takes it.' });
  }
}

/** The transaction as a whole did not reach the disk: every unit in it is undone, also those that went well by themselves. */
export class StoreWriteFailed extends KeeplineError {
  constructor(cause: unknown) {
    super('STORE_WRITE_FAILED', `a transaction was not written: ${messageOf(cause)}`, {
      hint: 'Check free space and the health of the disk that holds the data folder; nothing of this unit of work is stored.',
      cause,
    });
  }
}

export class StoreUnitOver extends KeeplineError {
  constructor(why: 'ended' | 'failed' | 'too_slow') {
    super('STORE_UNIT_OVER', `a statement was run in a unit of work that is over (${why})`, {
      hint: 'Await every statement inside the unit, run none after one has failed, and wait for nothing but the database.',
      offending: why,
    });
  }
}

export class StoreUnitTooSlow extends KeeplineError {
  constructor(limitMs: number) {
    super('STORE_UNIT_TOO_SLOW', `a unit of work held the database for more than ${limitMs} ms and was undone`, {
      hint: 'A unit may wait for nothing but the database; if it does not, the disk is too slow: ./keepline doctor.',
      offending: limitMs,
    });
  }
}

export class StoreUnreadable extends KeeplineError {
  constructor(path: string, cause: unknown) {
    super('STORE_UNREADABLE', `cannot open the database ${path}: ${messageOf(cause)}`, {
      hint: 'Check that the data folder exists and belongs to this user, and that no other program replaced the file.',
      offending: path,
      cause,
    });
  }
}

/** A part of the house that has no business with customer data asked for some. */
export class ColumnsLocked extends KeeplineError {
  constructor() {
    super('STORE_COLUMNS_LOCKED', 'this database was opened without the keys of its customer data', {
      hint: 'Open it with the column keys of the key store (Store.open, `columns`).',
    });
  }
}

/** The bytes, the key or the row are not those a value was sealed with. */
export class ColumnForeign extends KeeplineError {
  constructor(place: string) {
    super('STORE_COLUMN_FOREIGN', `a sealed value does not open at its place ${place}`, {
      hint: 'main.db and the key store belong together: restore both from the same backup; docs/runbook/key-lost.md.',
      offending: place,
    });
  }
}

export class StoreNewer extends KeeplineError {
  constructor(family: string, applied: number, known: number) {
    super('STORE_NEWER', `the tables ${family} are at step ${applied}, this version of Keepline knows ${known}`, {
      hint: 'Start the version that wrote this data folder, or restore the backup taken before its upgrade.',
      offending: family,
    });
  }
}

export class RestorePointAbsent extends KeeplineError {
  constructor(path: string) {
    super('STORE_RESTORE_POINT_ABSENT', `no copy of ${path} from before an upgrade is one this version knows`, {
      hint: 'Start the version that wrote the database, or restore a backup from before the upgrade: docs/runbook/failed-upgrade.md.',
      offending: path,
    });
  }
}

/** A file family was written by a later version. */
export class DataFormatNewer extends KeeplineError {
  constructor(kind: string, found: number, known: number) {
    super('DATA_FORMAT_NEWER', `the data folder holds ${kind} of format ${found}, this version of Keepline knows ${known}`, {
      hint: 'Start the version that wrote this data folder, or restore the backup made before its upgrade: docs/runbook/failed-upgrade.md.',
      offending: kind,
    });
  }
}

export class DataFormatUnreadable extends KeeplineError {
  constructor(what: string) {
    super('DATA_FORMAT_UNREADABLE', `data-format.json cannot be read: ${what}`, {
      hint: 'Restore the file from a backup; without it nobody knows which version may open this folder.',
      offending: what,
    });
  }
}

export class StoreHistoryChanged extends KeeplineError {
  constructor(family: string) {
    super('STORE_HISTORY_CHANGED', `the statements that made the tables ${family} are not those of this version`, {
      hint: 'Applied statements never change: append a new one. On a development machine, delete the data folder.',
      offending: family,
    });
  }
}
