import { Button, Dialog } from '../ui/parts.tsx';
import { useQuestions } from './arrivals.ts';

/** Asks what is meant where files could be two things. Nothing of the answer is remembered. */
export function Question() {
  const [question] = useQuestions((state) => state.waiting);
  if (!question) return null;
  const { name, offers } = question;
  const close = (): void => useQuestions.setState(({ waiting }) => ({ waiting: waiting.slice(1) }));
  return (
    <Dialog key={name} title="What to do with it" className="question" onClose={close}>
      <div className="stack">
        <h1 className="question-name" dir="auto">
          {name}
        </h1>
        <p className="quiet">It can be two things. Which one is meant?</p>
        <div className="stack offers">
          {offers.map(({ title, run }) => (
            <Button
              key={title}
              className="tall"
              onClick={() => {
                close();
                run();
              }}
            >
              {title}
            </Button>
          ))}
        </div>
        <div className="row end">
          <Button kind="bare" onClick={close}>
            Cancel
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
