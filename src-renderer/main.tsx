import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
// The ground first: what places say of themselves comes after it and counts.
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import './ui/layout.css';
import './app/frame.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { ErrorBoundary } from './app/error-boundary.tsx';
import { connect } from './transport/client.ts';

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
