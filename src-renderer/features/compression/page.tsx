import { ChartSpline } from 'lucide-react';
import type { EngineClient } from '../../../src-main/contract/index.ts';
import type { Page } from '../../app/page-type.ts';
import { Empty } from '../../ui/empty.tsx';
import { Segmented } from '../../ui/parts.tsx';
import { Compare } from './compare.tsx';
import './compression.css';
import './plots.css';
import { Configure } from './configure/configure.tsx';
import { checkAgain } from './configure/state.ts';
import { Measure } from './measure.tsx';
import { RunPage } from './run-page.tsx';
import { chooseRun, reopen, showMode, take, useCompression } from './state.ts';
import { onInstalling, onTraining } from './train/state.ts';
import { Train } from './train/train.tsx';

function follow(engine: EngineClient): void {
  engine.on('compression.changed', (run) => useCompression.setState({ run }));
  engine.on('training.installing', onInstalling);
  engine.on('training.changed', onTraining);
  engine.on('compression.measured', (measured) => useCompression.setState({ measured }));
}

/** How far measuring is; null when nothing is measured. */
const useMeasuring = (): number | null =>
  useCompression(({ measured }) => (measured && measured.now !== null ? measured.fraction : null));

function Compression() {
  const { mode } = useCompression();
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
  if (run) return <RunPage run={run} onOther={chooseRun} />;
  return (
    <Empty
      icon={<ChartSpline size={40} strokeWidth={1.25} className="quiet" aria-hidden />}
      title="Watch a training with JPQD"
      action={opening ? 'Reading' : 'Choose a folder'}
      disabled={opening}
      onAction={chooseRun}
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
  follow,
  whenReady() {
    void reopen();
    checkAgain();
  },
  useProgress: useMeasuring,
  drop: {
    title: 'Watch, compare or measure this',
    hint: 'The output folder of a training with JPQD; models where they are measured.',
    take,
  },
};
