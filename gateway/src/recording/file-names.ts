/** Names in the recordings folder. A name without `.part` means: finished, durable, whole. */
import type { RecordingId } from '@keepline/contracts/ids';

export const finishedName = (id: RecordingId): string => `${id}.wav.age`;
export const partName = (id: RecordingId): string => `${id}.wav.age.part`;
export const tailName = (id: RecordingId): string => `${id}.tail`;
/** The waveform, encrypted like the recording; may be missing, and is made anew then. */
export const peaksName = (id: RecordingId): string => `${id}.peaks.age`;
