import { ScanSearch } from 'lucide-react';
import { useEffect } from 'react';
import type { Page } from '../../app/page-type.ts';
import { useHandOver } from '../../state/hand-over.ts';
import { Empty } from '../../ui/empty.tsx';
import { Segmented } from '../../ui/parts.tsx';
import './detectors.css';
import {
  chooseDetector,
  chooseTrainingSet,
  followDetectors,
  reopen,
  showMode,
  take,
  useDetectors,
  useTrainingProgress,
} from './state.ts';
import { Train } from './train.tsx';
import { Try } from './try.tsx';

function Detectors() {
  const { mode } = useDetectors();
  const given = useHandOver((state) => state.dataset);
  const isTrainingWanted = useHandOver((state) => state.training);
  useEffect(() => {
    if (!given) return;
    useHandOver.setState({ dataset: null });
    chooseTrainingSet(given);
  }, [given]);
  useEffect(() => {
    if (!isTrainingWanted) return;
    useHandOver.setState({ training: false });
    showMode('train');
  }, [isTrainingWanted]);
  return (
    <div className="detectors">
      <div className="mode-bar">
        <Segmented
          label="What to do"
          value={mode}
          options={[
            ['try', 'Try'],
            ['train', 'Train'],
          ]}
          onChange={showMode}
        />
      </div>
      {mode === 'train' ? <Train /> : <TryOut />}
    </div>
  );
}

function TryOut() {
  const { detector, opening } = useDetectors();
  if (detector) return <Try detector={detector} onOther={chooseDetector} />;
  return (
    <Empty
      icon={<ScanSearch size={40} strokeWidth={1.25} className="quiet" aria-hidden />}
      title="Try out a detector"
      action={opening ? 'Opening' : 'Choose its folder'}
      disabled={opening}
      onAction={chooseDetector}
    >
      The folder that Ultralytics makes with <code className="mono">yolo export format=openvino</code>. Drop
      pictures to see what it finds, and measure it on a dataset.
    </Empty>
  );
}

export const page: Page = {
  id: 'detectors',
  title: 'Detectors',
  icon: ScanSearch,
  rank: 2.5,
  component: Detectors,
  follow: followDetectors,
  whenReady: () => void reopen(),
  useProgress: useTrainingProgress,
  drop: {
    title: 'Try this',
    hint: 'The folder of an exported detector, pictures to find objects in, or a set to train with.',
    take,
  },
};
