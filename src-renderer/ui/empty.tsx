import type { ReactNode } from 'react';
import { Button } from './parts.tsx';

interface EmptyProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** What this place does and what it takes. */
  readonly children: ReactNode;
  readonly action: string;
  readonly disabled?: boolean;
  readonly onAction: () => void;
}

/** A place with nothing in it yet: what it is for, and the one way in. */
export function Empty({ icon, title, children, action, disabled = false, onAction }: EmptyProps) {
  return (
    <div className="welcome">
      <div className="welcome-body">
        {icon}
        <h1>{title}</h1>
        <p className="quiet">{children}</p>
        <Button kind="primary" className="tall" disabled={disabled} onClick={onAction}>
          {action}
        </Button>
      </div>
    </div>
  );
}
