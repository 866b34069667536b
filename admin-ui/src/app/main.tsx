/** Starts the workbench in the page. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { GatewayRefused } from '../server/errors.ts';
import { cspNonce } from '../ui/csp-nonce.ts';
import { App } from './app.tsx';
import { chosenLanguage, makeTexts } from './language.ts';

const root = document.getElementById('root');
if (root) {
  // The gateway is in the same building: whether the browser believes to be "online" says nothing about it. A refusal is an answer.
  const networkMode = 'always';
  const retry = (failures: number, fault: Error): boolean => !(fault instanceof GatewayRefused) && failures < 1;
  const queries = new QueryClient({
    defaultOptions: { queries: { refetchOnWindowFocus: false, networkMode, retry }, mutations: { networkMode } },
  });
  createRoot(root).render(
    <I18nextProvider i18n={makeTexts(chosenLanguage() ?? 'zh')}>
      <QueryClientProvider client={queries}>
        <App nonce={cspNonce(document)} />
      </QueryClientProvider>
    </I18nextProvider>,
  );
}
