import { useSession } from '../state/session.ts';
import { Button } from '../ui/parts.tsx';

/** Says above everything else that nothing can be done just now, why, and that nothing is lost by it. */
export function Outage() {
  const { engineState, offline } = useSession();
  const words = describe(engineState, offline);
  if (!words) return null;
  return (
    <div className="outage" role="alert">
      <strong>{words.title}</strong>
      <span>{words.text}</span>
      {words.reload && <Button onClick={() => window.location.reload()}>Load again</Button>}
    </div>
  );
}

function describe(
  state: ReturnType<typeof useSession.getState>['engineState'],
  offline: string | null,
): { title: string; text: string; reload: boolean } | null {
  if (offline !== null) {
    return {
      title: 'Refinery’s server does not answer.',
      text: 'Your queue is kept there. This page goes on by itself when the server is back.',
      reload: true,
    };
  }
  if (state.state === 'restarting') {
    return {
      title: 'The engine stopped and is started again.',
      text: `The queue goes on where it was. Reason: ${state.reason}.`,
      reload: false,
    };
  }
  if (state.state === 'stopped') {
    return {
      title: 'The engine is not running.',
      text: `Start Refinery again; your queue is kept. Reason: ${state.reason}.`,
      reload: false,
    };
  }
  return null;
}
