import { Info, TriangleAlert, X } from 'lucide-react';
import { dismissToast, useSession } from '../state/session.ts';
import { Button, IconButton } from '../ui/parts.tsx';

/** Short messages above the status line; screen readers hear them too. */
export function Toasts() {
  const toasts = useSession((state) => state.toasts);
  return (
    <div className="toasts" aria-live="polite">
      {toasts.map(({ id, tone, text, action }) => (
        <div key={id} className="toast">
          {tone === 'warning' ? (
            <TriangleAlert size={16} className="state-warning" aria-label="Warning" />
          ) : (
            <Info size={16} className="quiet" aria-hidden />
          )}
          <span className="toast-text">{text}</span>
          {action && (
            <Button
              onClick={() => {
                action.run();
                dismissToast(id);
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton label="Close message" onClick={() => dismissToast(id)}>
            <X size={14} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
