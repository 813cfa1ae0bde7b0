import { setHelp } from '../state/session.ts';
import { Button, Dialog } from '../ui/parts.tsx';
import { actionGroups } from './actions.ts';

/** Keys that lists, viewers and sliders have everywhere, and that are no actions of their own. */
const others: ReadonlyArray<readonly [keys: string, what: string]> = [
  ['\\', 'Show the source while it is held'],
  ['Space', 'Move the picture with the pointer while it is held'],
  ['Shift+→', 'Move the picture, or the lens'],
  ['Ctrl+A', 'Select all in a list'],
  ['Shift+↓', 'Select more in a list'],
  ['Ctrl+V', 'Paste pictures or files'],
  ['Ctrl+Z', 'Undo what was said to be undoable'],
  ['Escape', 'Close what is in front'],
];

/** Every key there is, by what it does. */
export function Help() {
  const groups = actionGroups().flatMap(({ title, actions }) => {
    const keyed = actions.flatMap(({ title: what, shortcut }) =>
      shortcut ? [[shortcut, what] as const] : [],
    );
    return keyed.length > 0 ? [{ title, keys: keyed }] : [];
  });
  return (
    <Dialog title="Keyboard shortcuts" className="wide help" onClose={() => setHelp(false)}>
      <div className="stack">
        <h1>Keyboard shortcuts</h1>
        <div className="help-groups">
          {[...groups, { title: 'Everywhere', keys: others }].map(({ title, keys }) => (
            <section key={title} aria-label={title}>
              <h2>{title}</h2>
              <dl className="help-keys">
                {keys.map(([key, what]) => (
                  <div key={key}>
                    <dt>
                      <span className="kbd">{key}</span>
                    </dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <div className="row end">
          <Button onClick={() => setHelp(false)}>Close</Button>
        </div>
      </div>
    </Dialog>
  );
}
