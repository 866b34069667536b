/**
 * The agent's microphone. The track stays off until someone opens it, so nothing is heard outside a connected call.
 */
import { type MicrophoneFault, MicrophoneLost, microphoneUnavailable } from './errors.ts';

export interface Microphone {
  readonly track: MediaStreamTrack;
  open(isOpen: boolean): void;
  close(): void;
}

/**
 * @param plain without echo cancellation, noise suppression and gain control: for measuring, where a tone must arrive as it was sent
 * @param onLost the device went away
 * @throws KeeplineError DESK_MICROPHONE_…
 */
export async function openMicrophone(plain: boolean, onLost: (error: MicrophoneLost) => void): Promise<Microphone> {
  if (!globalThis.isSecureContext || !('mediaDevices' in navigator)) throw microphoneUnavailable('insecure');
  const processing = !plain;
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing, channelCount: 1 },
    });
  } catch (cause) {
    throw microphoneUnavailable(faultOf(cause), cause);
  }
  const track = stream.getAudioTracks()[0];
  if (!track) throw microphoneUnavailable('missing');
  track.enabled = false;
  const ended = (): void => onLost(new MicrophoneLost());
  track.addEventListener('ended', ended); // fires when the device goes, not when we stop the track
  return {
    track,
    open(isOpen) {
      track.enabled = isOpen;
    },
    close() {
      track.removeEventListener('ended', ended);
      track.stop();
    },
  };
}

/** Names of DOMException as the Media Capture specification gives them (§10.2, getUserMedia). */
export function faultOf(thrown: unknown): MicrophoneFault {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'busy';
}
