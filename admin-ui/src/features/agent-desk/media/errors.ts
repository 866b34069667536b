/** Why the desk has no sound, each with what the agent can do about it. */
import { KeeplineError } from '@keepline/contracts/errors';

export type MicrophoneFault = 'insecure' | 'denied' | 'missing' | 'busy';

export function microphoneUnavailable(fault: MicrophoneFault, cause?: unknown): KeeplineError {
  switch (fault) {
    case 'insecure':
      return new KeeplineError('DESK_MICROPHONE_INSECURE', 'browsers give a microphone to HTTPS pages only', {
        hint: 'Open the desk by its https:// address.',
      });
    case 'denied':
      return new KeeplineError('DESK_MICROPHONE_DENIED', 'the microphone is blocked for this page', {
        hint: 'Allow the microphone in the address bar, then retry.',
        cause,
      });
    case 'missing':
      return new KeeplineError('DESK_MICROPHONE_MISSING', 'no microphone is connected', { hint: 'Connect a headset, then retry.', cause });
    case 'busy':
      return new KeeplineError('DESK_MICROPHONE_BUSY', 'the microphone cannot be opened', {
        hint: 'Close other programs that use it, then retry.',
        cause,
      });
  }
}

export class MicrophoneLost extends KeeplineError {
  constructor() {
    super('DESK_MICROPHONE_LOST', 'the microphone was disconnected', {
      hint: 'Connect the headset again; the desk takes it up by itself.',
    });
  }
}

export class BrowserUnsupported extends KeeplineError {
  constructor(cause: unknown) {
    super('DESK_BROWSER_UNSUPPORTED', 'this browser cannot carry calls', { hint: 'Use a current Chrome, Edge or Firefox.', cause });
  }
}

export class CodecMissing extends KeeplineError {
  constructor(wanted: string) {
    super('DESK_CODEC_MISSING', `the gateway or the browser does not offer ${wanted}`, {
      hint: 'Use a current Chrome, Edge or Firefox; every one of them speaks G.711.',
      offending: wanted,
    });
  }
}

export class SoundPathBroken extends KeeplineError {
  constructor(direction: 'send' | 'receive') {
    super('DESK_SOUND_PATH_BROKEN', `the ${direction} path of the sound was interrupted`, {
      hint: 'The desk builds it anew; if it stays away, let the network team check UDP to the WebRTC port of the gateway.',
      offending: direction,
    });
  }
}
