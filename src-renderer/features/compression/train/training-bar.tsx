import { useEffect } from 'react';
import { act } from '../../../state/session.ts';
import { Button, Dialog } from '../../../ui/parts.tsx';
import { lookAgain, useStarting } from './state.ts';

const words = {
  running: 'This training was started here.',
  stopping: 'It saves a checkpoint after the step at hand, and ends.',
  ended: 'This training has ended as it should.',
  failed: 'This training ended with an error.',
  lost: 'This training ended while Refinery was not there. Its log tells how.',
} as const;

/** What can be done about a training that was started here, and how it ended. */
export function TrainingBar({ folder }: { readonly folder: string }) {
  const training = useStarting((state) => state.training);
  const killing = useStarting((state) => state.asksToEnd);
  const setKilling = (asksToEnd: boolean) => useStarting.setState({ asksToEnd });
  const goesOn =
    training?.folder.id === folder && (training.phase === 'running' || training.phase === 'stopping');
  // Its log goes on; and one that was started before the engine was tells nobody of its end.
  useEffect(() => {
    if (!goesOn) return undefined;
    const timer = setInterval(() => void lookAgain(folder), 2_000);
    return () => clearInterval(timer);
  }, [goesOn, folder]);
  if (training?.folder.id !== folder) return null;
  const { phase, signal, code, tail } = training;
  const stop = (how: 'checkpoint' | 'kill'): void => void act('training.stop', { folder, how });
  const killed = phase === 'failed' && signal !== null;
  return (
    <section aria-label="The process">
      <div className="row training-bar">
        <span role="status">
          {killed ? 'This training was ended at once.' : words[phase]}
          {phase === 'failed' && !killed && <span className="quiet"> Exit code {code}.</span>}
        </span>
        {(phase === 'running' || phase === 'stopping') && (
          <div className="row">
            {phase === 'running' && (
              <Button onClick={() => stop('checkpoint')}>Stop with a checkpoint</Button>
            )}
            <Button onClick={() => setKilling(true)}>End at once</Button>
          </div>
        )}
      </div>
      {tail.length > 0 && (
        <details open={phase === 'failed' && !killed}>
          <summary className="quiet">The last lines of its log</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
          <pre className="mono training-tail" tabIndex={0}>
            {tail.join('\n')}
          </pre>
        </details>
      )}
      {killing && (
        <Dialog title="End the training at once" onClose={() => setKilling(false)}>
          <div className="stack">
            <h1>End the training at once?</h1>
            <p>
              What it did since its last checkpoint is lost. Stopping with a checkpoint takes a step longer.
            </p>
            <div className="row end">
              <Button onClick={() => setKilling(false)}>Let it run</Button>
              <Button
                kind="primary"
                onClick={() => {
                  stop('kill');
                  setKilling(false);
                }}
              >
                End it
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </section>
  );
}
