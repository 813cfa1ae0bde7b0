import type { Action } from '../../app/page-type.ts';
import { changeSettings, useSession } from '../../state/session.ts';
import { focusField } from '../../ui/focus.ts';
import { chooseRuntime, copyHealth, takeRuntime } from './runtime.ts';

export const actions = (): readonly Action[] => {
  const { settings, shell } = useSession.getState();
  if (!settings) return [];
  const { notifyWhenDone, runtimePath } = settings;
  return [
    {
      id: 'threads',
      title: 'Set how many threads compute',
      words: 'CPU cores',
      run: () => focusField(/^Threads/),
    },
    {
      id: 'memory',
      title: 'Set how much memory pictures take',
      words: 'RAM',
      run: () => focusField(/^Memory/),
    },
    {
      id: 'notify',
      title: `Tell me when a long batch is done: ${notifyWhenDone ? 'off' : 'on'}`,
      words: 'notification',
      run: () => changeSettings({ notifyWhenDone: !notifyWhenDone }),
    },
    ...(shell?.native
      ? [{ id: 'runtime', title: 'Choose a folder with OpenVINO', run: () => void chooseRuntime() }]
      : []),
    ...(runtimePath !== ''
      ? [
          {
            id: 'anyRuntime',
            title: 'Let Refinery look for OpenVINO again',
            run: () => void takeRuntime(null),
          },
        ]
      : []),
    {
      id: 'health',
      title: 'Copy the report of this machine’s health',
      words: 'doctor',
      run: () => void copyHealth(),
    },
  ];
};
