import { ChartSpline } from 'lucide-react';
import { useEffect } from 'react';
import { chooseFolder } from '../../app/choose-folder.ts';
import type { Page } from '../../app/page-type.ts';
import { useSession } from '../../state/session.ts';
import { Empty } from '../../ui/empty.tsx';
import { Segmented } from '../../ui/parts.tsx';
import { Compare } from './compare.tsx';
import './compression.css';
import { Configure } from './configure/configure.tsx';
import { Measure } from './measure.tsx';
import { RunPage } from './run-page.tsx';
import { openRun, showMode, take, useCompression } from './state.ts';
import { onInstalling, onTraining } from './train/state.ts';
import { Train } from './train/train.tsx';

const choose = (): void => void chooseFolder('runFolder', (admitted) => void openRun(admitted));

function Compression() {
  const { mode } = useCompression();
  const engine = useSession((state) => state.connection?.engine);
  useEffect(() => {
    if (!engine) return undefined;
    const stops = [
      engine.on('compression.changed', (run) => useCompression.setState({ run })),
      engine.on('training.installing', onInstalling),
      engine.on('training.changed', onTraining),
      engine.on('compression.measured', (measured) => useCompression.setState({ measured })),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [engine]);
  return (
    <div className="compression">
      <div className="mode-bar">
        <Segmented
          label="What to do"
          value={mode}
          options={[
            ['watch', 'Watch'],
            ['compare', 'Compare'],
            ['measure', 'Measure'],
            ['configure', 'Configure'],
            ['train', 'Train'],
          ]}
          onChange={showMode}
        />
      </div>
      <Mode />
    </div>
  );
}

function Mode() {
  const mode = useCompression((state) => state.mode);
  switch (mode) {
    case 'watch':
      return <Watch />;
    case 'compare':
      return <Compare />;
    case 'measure':
      return <Measure />;
    case 'configure':
      return <Configure />;
    case 'train':
      return <Train />;
  }
}

function Watch() {
  const { run, opening } = useCompression();
  if (run) return <RunPage run={run} onOther={choose} />;
  return (
    <Empty
      icon={<ChartSpline size={40} strokeWidth={1.25} className="quiet" aria-hidden />}
      title="Watch a training with JPQD"
      action={opening ? 'Reading' : 'Choose a folder'}
      disabled={opening}
      onAction={choose}
    >
      Drop its output folder here, during the training or after. Refinery tells the stages, what was pruned
      and quantized, and what to change when something goes wrong.
    </Empty>
  );
}

export const page: Page = {
  id: 'compression',
  title: 'Compression',
  icon: ChartSpline,
  rank: 3,
  component: Compression,
  drop: {
    title: 'Watch, compare or measure this',
    hint: 'The output folder of a training with JPQD; models where they are measured.',
    take,
  },
};
