import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { ErrorBoundary } from './app/error-boundary.tsx';
import './app/frame.css';
import { connect } from './transport/client.ts';
import './ui/base.css';
import './ui/tokens.css';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');
const connection = connect();
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App connection={connection} />
    </ErrorBoundary>
  </StrictMode>,
);
