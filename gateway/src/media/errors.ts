/** What can go wrong between the wire and the browser. */
import { KeeplineError } from '@keepline/contracts/errors';

export class NoFreeRtpPort extends KeeplineError {
  constructor(min: number, max: number) {
    super('MEDIA_NO_FREE_PORT', `no free pair of UDP ports between ${min} and ${max}`, {
      hint: 'Widen media.rtpPortMin to media.rtpPortMax, or see what else holds ports there: ss -ulnp',
      offending: `${min}-${max}`,
    });
  }
}

export class RtpAddressRefused extends KeeplineError {
  constructor(address: string, port: number, cause: string) {
    super('MEDIA_ADDRESS_REFUSED', `cannot listen on ${address}:${port}: ${cause}`, {
      hint: 'network.address in site.yaml must be an IPv4 address of this machine: ip -4 addr',
      offending: address,
    });
  }
}

export class EdgeWorkerDied extends KeeplineError {
  constructor(worker: number, cause: string) {
    super('MEDIA_WORKER_DIED', `RTP worker thread ${worker} ended: ${cause}`, {
      hint: 'Its calls were ended as media_lost and a new thread has started. If it happens again, keep the log and report it.',
      offending: worker,
      cause,
    });
  }
}

export class EdgeUnavailable extends KeeplineError {
  constructor(why: string) {
    super('MEDIA_UNAVAILABLE', `no RTP worker thread takes calls: ${why}`, {
      hint: 'The log names why the threads ended (MEDIA_WORKER_DIED); restart the gateway once that is mended.',
    });
  }
}

export class VoiceQualityLow extends KeeplineError {
  constructor(legId: string, mos: number) {
    super('VOICE_QUALITY_LOW', `the sound that comes from leg ${legId} is bad: estimated score ${mos}`, {
      hint: 'Look at loss and jitter between this machine and its far end: docs/runbook/no-audio.md. The threshold is media.mosAlarm.',
      offending: legId,
    });
  }
}

export class LegClosed extends KeeplineError {
  constructor(legId: string) {
    super('MEDIA_LEG_CLOSED', `leg ${legId} is closed, or belongs to another call`, {
      hint: 'The call may just have ended; nothing needs to be done.',
      offending: legId,
    });
  }
}

export class PromptUnknown extends KeeplineError {
  constructor(name: string, folder: string) {
    super('PROMPT_UNKNOWN', `there is no prompt ${name} in ${folder}`, {
      hint: `Put ${name}.wav (8 kHz, mono, A-law or 16 bit) there, or make it from the flow: node scripts/make-prompts.ts --help`,
      offending: name,
    });
  }
}

export class PromptUnreadable extends KeeplineError {
  constructor(file: string, why: string) {
    super('PROMPT_UNREADABLE', `${file} cannot be played: ${why}`, {
      hint: 'A prompt is a WAV file of 8 kHz, mono, A-law or 16-bit PCM: sox IN.wav -r 8000 -c 1 -e a-law OUT.wav',
      offending: file,
    });
  }
}

export class BrowserMediaFailed extends KeeplineError {
  constructor(what: string, cause: unknown) {
    super('BROWSER_MEDIA_FAILED', `the media worker for browsers could not ${what}`, {
      hint: 'Check that media.webRtcPort is free and the mediasoup worker is there: ./keepline doctor',
      offending: what,
      cause,
    });
  }
}

export class BrowserMediaDied extends KeeplineError {
  constructor(cause: unknown) {
    super('BROWSER_MEDIA_DIED', 'the media worker for browsers ended', {
      hint: 'A new one is starting and desks rejoin by themselves. If it happens again, keep the log and report it.',
      cause,
    });
  }
}

export class BrowserMediaRefused extends KeeplineError {
  constructor(what: string, why: string) {
    super('BROWSER_MEDIA_REFUSED', `${what} from the desk was refused: ${why}`, {
      hint: 'Reload the desk; a browser that offers PCMA (G.711 A-law) over DTLS-SRTP is needed.',
      offending: what,
    });
  }
}

export class BrowserMediaNotReady extends KeeplineError {
  constructor(missing: string) {
    super('BROWSER_MEDIA_NOT_READY', `the desk has no ${missing} yet`, {
      hint: 'Allow the microphone in the browser and reload the desk.',
      offending: missing,
    });
  }
}
