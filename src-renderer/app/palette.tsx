import { Command } from 'cmdk';
import { useMemo } from 'react';
import { pictures as picturesOf, useJobs } from '../state/jobs.ts';
import { select } from '../state/selection.ts';
import { setPalette, showPage } from '../state/session.ts';
import { Dialog } from '../ui/parts.tsx';
import { commands } from './commands.ts';

/** Pictures that the palette finds by name. */
const mostPictures = 40;

/** Every command by name, and the pictures of the queue. */
export function Palette() {
  const jobs = useJobs((state) => state.jobs);
  const pictures = useMemo(() => picturesOf(jobs).slice(-mostPictures), [jobs]);
  const choose = (run: () => void): void => {
    setPalette(false);
    run();
  };
  return (
    <Dialog title="Commands" className="palette" onClose={() => setPalette(false)}>
      <Command label="Commands" loop>
        <Command.Input className="palette-input" placeholder="Type a command or a picture's name" autoFocus />
        <Command.List className="palette-list">
          <Command.Empty className="palette-empty">Nothing of that name.</Command.Empty>
          <Command.Group heading="Commands">
            {commands
              .filter(({ id }) => id !== 'palette')
              .map(({ id, title, shortcut, run }) => (
                <Command.Item key={id} value={title} onSelect={() => choose(run)}>
                  <span>{title}</span>
                  {shortcut && <span className="kbd">{shortcut}</span>}
                </Command.Item>
              ))}
          </Command.Group>
          {pictures.length > 0 && (
            <Command.Group heading="Pictures">
              {pictures.map(({ id, title }) => (
                <Command.Item
                  key={id}
                  value={`${title} ${id}`}
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
