/** For tests: a recording together with the end of the channel that the edge would hold. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { RecordingId } from '@keepline/contracts/ids';
import type { OpenRecording, Recorder } from '../recorder.ts';

/** @throws RecordingNotOpened, RecorderUnwell */
export async function openOn(recorder: Recorder, id: RecordingId): Promise<OpenRecording & { readonly port: MessagePort }> {
  const { port1, port2 } = new MessageChannel();
  const recording = recorder.open(id, port2);
  try {
    await recording.opened;
    return { ...recording, port: port1 };
  } catch (thrown) {
    port1.close();
    throw thrown;
  }
}
