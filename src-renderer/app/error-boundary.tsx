import { Component, type ReactNode } from 'react';
import { copyText } from '../state/clipboard.ts';
import { Button } from '../ui/parts.tsx';
import { Toasts } from './toasts.tsx';

interface State {
  readonly error: Error | null;
}

/** What is shown when the page itself fails. The work goes on in the engine meanwhile. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="crashed" role="alert">
        <h1>The window has a fault</h1>
        <p className="quiet">
          Your queue is safe: the engine works on by itself. Load the window again to go on.
        </p>
        <div className="row">
          <Button kind="primary" onClick={() => window.location.reload()}>
            Load again
          </Button>
          <Button onClick={() => void copyText(error.stack ?? error.message, 'Details copied')}>
            Copy details
          </Button>
        </div>
        <Toasts />
      </div>
    );
  }
}
