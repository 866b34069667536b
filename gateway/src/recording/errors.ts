/** Why a call cannot be recorded, or a recording cannot be given out. */
import { KeeplineError } from '@keepline/contracts/errors';

export class RecordingDiskLow extends KeeplineError {
  constructor(freeBytes: number, minFreeBytes: number) {
    super('RECORDING_DISK_LOW', `${megabytes(freeBytes)} MB are free for recordings, ${megabytes(minFreeBytes)} MB are required`, {
      hint: 'Free or add space on the disk of the data folder; calls are taken again by themselves (recording.minFreeMegabytes).',
      offending: freeBytes,
    });
  }
}

export class RecordingFilesLow extends KeeplineError {
  constructor(open: number, limit: number) {
    super('RECORDING_FILES_LOW', `${open} of ${limit} file descriptors are in use`, {
      hint: 'Raise LimitNOFILE of the gateway (two descriptors per recorded call, and sockets) and restart it.',
      offending: open,
    });
  }
}

/** The disk does not answer, or the recorder thread is gone. */
export class RecorderUnwell extends KeeplineError {
  constructor(why: string) {
    super('RECORDER_UNWELL', `the recorder takes no calls: ${why}`, {
      hint: 'Look at the disk of the data folder (dmesg, ./keepline doctor). A recorder thread that ended is replaced by itself.',
    });
  }
}

export class RecorderDied extends KeeplineError {
  constructor(thread: number, why: string) {
    super('RECORDER_DIED', `recorder thread ${thread} ended: ${why}`, {
      hint: 'Its recordings end as interrupted and go on in a new part each; another thread is starting. If it happens again, keep the log and report it.',
      offending: thread,
    });
  }
}

/** The file of a new recording could not be made. */
export class RecordingNotOpened extends KeeplineError {
  constructor(recordingId: string, why: string) {
    super('RECORDING_NOT_OPENED', `the recording ${recordingId} could not be started: ${why}`, {
      hint: 'Check rights and space of the recordings folder; the call goes on and the ledger keeps the reason.',
      offending: recordingId,
    });
  }
}

/** Audio could not be written although it was tried again and again. */
export class RecordingWriteFailed extends KeeplineError {
  constructor(recordingId: string, why: string) {
    super('RECORDING_WRITE_FAILED', `the recording ${recordingId} cannot be written: ${why}`, {
      hint: 'What was written stays and can be exported; check the space and health of the disk now.',
      offending: recordingId,
    });
  }
}

/** The disk was slower than the call for longer than the queue holds. */
export class RecordingAudioDropped extends KeeplineError {
  constructor(recordingId: string) {
    super('RECORDING_AUDIO_DROPPED', `audio of the recording ${recordingId} was dropped because the disk stalls`, {
      hint: 'Silence stands in its place and the ledger counts it; check the health of the disk.',
      offending: recordingId,
    });
  }
}

export class RecordingNotFound extends KeeplineError {
  constructor(recordingId: string) {
    super('RECORDING_NOT_FOUND', `there is no recording ${recordingId}`, {
      hint: 'List them with: ./keepline recordings list',
      offending: recordingId,
    });
  }
}

export class RecordingStillOpen extends KeeplineError {
  constructor(recordingId: string) {
    super('RECORDING_STILL_OPEN', `the recording ${recordingId} is still being made`, {
      hint: 'Export it after the call; after a crash, the next start of the gateway closes it.',
      offending: recordingId,
    });
  }
}

/** The ledger knows the recording, the folder does not hold it. */
export class RecordingFileGone extends KeeplineError {
  constructor(path: string) {
    super('RECORDING_FILE_GONE', `the file ${path} is missing`, {
      hint: 'Restore it from the backup; the ledger has its SHA-256 to compare with.',
      offending: path,
    });
  }
}

/** The file is not the one the ledger was closed with. */
export class RecordingChanged extends KeeplineError {
  constructor(recordingId: string) {
    super('RECORDING_CHANGED', `the file of the recording ${recordingId} does not have the SHA-256 of the ledger`, {
      hint: 'Take it as tampering or a failing disk: keep the file, restore from the backup, and run the audit verifier.',
      offending: recordingId,
    });
  }
}

export class ExportTargetExists extends KeeplineError {
  constructor(path: string) {
    super('EXPORT_TARGET_EXISTS', `${path} exists already`, { hint: 'Name another file: --out FILE.', offending: path });
  }
}

/** The play ticket is of somebody else, of another recording, or over. */
export class PlayTicketInvalid extends KeeplineError {
  constructor(recordingId: string) {
    super('PLAY_TICKET_INVALID', `this ticket does not play the recording ${recordingId}`, {
      hint: 'Ask for a new one with the purpose of listening: POST /api/recordings/:id/play.',
      offending: recordingId,
    });
  }
}

export class PlaysTooMany extends KeeplineError {
  readonly retryAfterMs = 60_000;
  constructor(open: number) {
    super('PLAYS_TOO_MANY', `${open} recordings are being listened to, and no more can be opened now`, {
      hint: 'Close players that are not in use; a ticket ends by itself after 15 minutes without a request.',
      offending: open,
    });
  }
}

/** An exported file that is not as it left the house. */
export class ExportNotProven extends KeeplineError {
  constructor(path: string, why: string) {
    super('EXPORT_NOT_PROVEN', `${path} is not proven to be what was recorded: ${why}`, {
      hint: 'Export the recording again and compare; keep both files, and run: ./keepline audit verify',
      offending: path,
    });
  }
}

export class RecordingPauseRefused extends KeeplineError {
  constructor(callId: string, why: string) {
    super('RECORDING_PAUSE_REFUSED', `the recording of the call cannot be paused or resumed: ${why}`, {
      hint: 'The desk shows whether the call is being recorded; try again when it is.',
      offending: callId,
    });
  }
}

/** Started or stopped where the policy of the queue leaves no choice, or twice. */
export class RecordingNotOnDemand extends KeeplineError {
  constructor(callId: string, why: string) {
    super('RECORDING_NOT_ON_DEMAND', `the recording of the call cannot be started or stopped: ${why}`, {
      hint: 'Only a queue with `recording: on_demand` lets its agents choose; the desk shows the policy of the call.',
      offending: callId,
    });
  }
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1_000_000);
