/** Starts the workbench in the page. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { cspNonce } from '../ui/csp-nonce.ts';
import { App } from './app.tsx';
import { chosenLanguage, makeTexts } from './language.ts';

const root = document.getElementById('root');
if (root) {
  const queries = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false } } });
  createRoot(root).render(
    <I18nextProvider i18n={makeTexts(chosenLanguage() ?? 'zh')}>
      <QueryClientProvider client={queries}>
        <App nonce={cspNonce(document)} />
      </QueryClientProvider>
    </I18nextProvider>,
  );
}
