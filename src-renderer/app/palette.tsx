import { Command } from 'cmdk';
import { useEffect, useMemo, useRef, useState } from 'react';
import { pictures as picturesOf, useJobs } from '../state/jobs.ts';
import { select } from '../state/selection.ts';
import { setPalette, showPage, useSession } from '../state/session.ts';
import { Dialog } from '../ui/parts.tsx';
import { byWords } from '../ui/search.ts';
import { actionGroups } from './actions.ts';
import type { Action } from './page-type.ts';

/** Pictures that the palette finds by name. */
const mostPictures = 40;

/** Everything that can be done now, by name, and the pictures of the queue. */
export function Palette() {
  const jobs = useJobs((state) => state.jobs);
  // Whatever the frame knows may change what can be done.
  const session = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: places are asked anew when something happened.
  const groups = useMemo(actionGroups, [jobs, session.page, session.settings, session.info, session.shell]);
  const pictures = useMemo(() => picturesOf(jobs).slice(-mostPictures), [jobs]);
  const [typed, setTyped] = useState('');
  const list = useRef<HTMLDivElement>(null);
  // The best is on top: what is chosen there was scrolled to where it stood before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each text.
  useEffect(() => {
    if (list.current) list.current.scrollTop = 0;
  }, [typed]);
  const choose = (run: () => void): void => {
    setPalette(false);
    run();
  };
  return (
    <Dialog title="Commands" className="palette" onClose={() => setPalette(false)}>
      <Command label="Commands" loop filter={byWords}>
        <Command.Input
          className="palette-input"
          placeholder="Type what you want to do, or a picture's name"
          autoFocus
          onValueChange={setTyped}
        />
        <Command.List className="palette-list" ref={list}>
          <Command.Empty className="palette-empty">Nothing of that name.</Command.Empty>
          {groups.map(({ title, actions }) => (
            <Command.Group key={title} heading={title}>
              {actions
                .filter(({ id }) => id !== 'palette')
                .map((action) => (
                  <Entry key={action.id} group={title} action={action} onChoose={choose} />
                ))}
            </Command.Group>
          ))}
          {pictures.length > 0 && (
            <Command.Group heading="Pictures">
              {pictures.map(({ id, title }) => (
                <Command.Item
                  key={id}
                  value={id}
                  keywords={[title]}
                  onSelect={() =>
                    choose(() => {
                      showPage('upscale');
                      select([id], id);
                    })
                  }
                >
                  <span className="clip">{title}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}

interface EntryProps {
  readonly group: string;
  readonly action: Action;
  readonly onChoose: (run: () => void) => void;
}

function Entry({
  group,
  action: { id, title, words = '', shortcut, unavailable, run },
  onChoose,
}: EntryProps) {
  return (
    <Command.Item
      value={id}
      keywords={[title, group, ...words.split(' ')].filter(Boolean)}
      disabled={Boolean(unavailable)}
      onSelect={() => onChoose(run)}
    >
      <span className="clip" title={title.length > 60 ? title : undefined}>
        {title}
        {unavailable && <span className="palette-reason">{` ${unavailable}`}</span>}
      </span>
      {shortcut && <span className="kbd">{shortcut}</span>}
    </Command.Item>
  );
}
