import '../preload/contract/without-eval.ts';
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { connectActions } from './actions/handlers.ts';
import { App } from './app.tsx';
import { cspNonce } from './bridge.ts';
import { createQueryClient, invalidateOnChange } from './data/queries.ts';
import { followJobs } from './import/job-store.ts';
import { followRuns } from './run/progress-store.ts';
import { applyTheme } from './shell/theme.ts';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import './ui/display.css';
import './ui/charts.css';
import './ui/choices.css';
import './ui/overlays.css';
import './ui/table.css';
import './shell/shell.css';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');

// Listeners of the whole window's life; the page ends with them.
const queries = createQueryClient();
applyTheme();
connectActions();
invalidateOnChange(queries);
followJobs();
followRuns();

createRoot(root).render(
  <StrictMode>
    <CSPProvider nonce={cspNonce()}>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
