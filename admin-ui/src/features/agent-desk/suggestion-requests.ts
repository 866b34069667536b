/** What the desk asks of the gateway about suggestions of the cloud; shapes are those of contracts/src/desk-suggestion.ts. */
import type { DeskQuestion, DeskService, DeskSuggestion } from '@keepline/contracts/desk-suggestion';
import { getJson, postJson, replyWith } from '../../server/http-client.ts';

/** Services this site lets its desks ask; none when the gateway cannot say. */
export async function offeredServices(): Promise<readonly DeskService[]> {
  const path = '/api/desk/services';
  return replyWith<{ services: readonly DeskService[] }>(path, await getJson(path), 'services').services;
}

export async function askForSuggestion(question: DeskQuestion): Promise<DeskSuggestion> {
  const path = '/api/desk/suggestions';
  return replyWith<DeskSuggestion>(path, await postJson(path, question), 'outcome', 'removed', 'items', 'disposition', 'model');
}
