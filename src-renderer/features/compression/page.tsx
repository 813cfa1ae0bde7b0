import { ChartSpline } from 'lucide-react';
import { useEffect } from 'react';
import { create } from 'zustand';
import type { AdmitResult, RunView } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import type { Page } from '../../app/page-type.ts';

import { act, toast, useSession } from '../../state/session.ts';
import { Button } from '../../ui/parts.tsx';
import './compression.css';
import { RunPage } from './run-page.tsx';

const useRun = create<{ readonly run: RunView | null; readonly opening: boolean }>(() => ({
  run: null,
  opening: false,
}));

async function openRun({ handles, refused }: AdmitResult): Promise<void> {
  const folder = handles.find(({ kind }) => kind === 'folder');
  if (!folder) {
    toast(refused[0]?.reason ?? 'A training is a folder: the output_dir that it was started with.', {
      tone: 'warning',
    });
    return;
  }
  useRun.setState({ opening: true });
  const run = await act('compression.open', { handle: folder.id });
  useRun.setState({ opening: false, ...(run ? { run } : {}) });
}

const choose = (): void => void chooseFolder('runFolder', (admitted) => void openRun(admitted));

function Compression() {
  const { run, opening } = useRun();
  const engine = useSession((state) => state.connection?.engine);
  useEffect(
    () => engine?.on('compression.changed', (changed) => useRun.setState({ run: changed })),
    [engine],
  );
  if (run) return <RunPage run={run} onOther={choose} />;
  return (
    <div className="welcome">
      <div className="welcome-body">
        <ChartSpline size={40} strokeWidth={1.25} className="quiet" aria-hidden />
        <h1>Watch a training with JPQD</h1>
        <p className="quiet">
          Drop its output folder here, during the training or after. Refinery tells the stages, what was
          pruned and quantized, and what to change when something goes wrong.
        </p>
        <Button kind="primary" className="tall" disabled={opening} onClick={choose}>
          {opening ? 'Reading' : 'Choose a folder'}
        </Button>
      </div>
    </div>
  );
}

export const page: Page = {
  id: 'compression',
  title: 'Compression',
  icon: ChartSpline,
  rank: 3,
  component: Compression,
  drop: {
    title: 'Watch this training',
    hint: 'The output folder of a training with JPQD.',
    take: (admitted) => void openRun(admitted),
  },
};
