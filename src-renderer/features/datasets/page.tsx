import { Database } from 'lucide-react';
import { useEffect } from 'react';
import type { AdmitResult } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import type { Page } from '../../app/page-type.ts';
import { useHandOver } from '../../state/hand-over.ts';
import { useJobs } from '../../state/jobs.ts';
import { Empty } from '../../ui/empty.tsx';
import './datasets.css';
import './look.css';
import { goOnWithDataset } from './again.ts';
import { learnChanges } from './changes.ts';
import { compareWith } from './comparing.ts';
import { Look } from './look.tsx';
import { openDataset } from './opening.ts';
import type { Dropped } from './others.ts';
import { Result } from './result.tsx';
import { Shape } from './shape.tsx';
import { Source } from './source.tsx';
import { followDatasets, lookAt, useWizard, type WizardStep } from './state.ts';
import { StepBar } from './step-bar.tsx';
import { SummaryPanel } from './summary.tsx';
import { Target } from './target.tsx';

const choose = (): void => void chooseFolder('datasetFolder', (admitted) => void openDataset(admitted));

const contents = { source: Source, look: Look, shape: Shape, target: Target, result: Result } as const;

/** How far the conversion is that runs; null when none does. */
const useConversions = (): number | null =>
  useJobs(({ jobs }) => {
    const running = [...jobs.values()].find(({ kind, state }) => kind === 'convert' && state === 'running');
    return running ? (running.progress?.fraction ?? 0) : null;
  });

function Datasets() {
  const { view, step, opening, unopened } = useWizard();
  const given = useHandOver((state) => state.opened);
  useEffect(() => {
    if (!given) return;
    useHandOver.setState({ opened: null });
    void openDataset(given);
  }, [given]);
  if (!view) {
    return (
      <Empty
        icon={<Database size={40} strokeWidth={1.25} className="quiet" aria-hidden />}
        title="Drop a dataset here"
        action={opening ? 'Looking what it is' : 'Choose a folder'}
        disabled={opening}
        onAction={choose}
      >
        A folder of annotated pictures, a zip or tar of one, or a video. Refinery tells what it is, shows it,
        and says what each other format would lose before a byte is written. COCO, YOLO, Pascal VOC, CVAT,
        Datumaro and many more.
        {unopened && (
          <span className="state-failed not-opened" role="alert">
            It was not opened. {unopened.message} {unopened.hint}
          </span>
        )}
      </Empty>
    );
  }
  const Content = contents[step];
  return (
    <div className="wizard">
      <StepBar />
      <SummaryPanel onOther={choose} />
      <div className="wizard-content">
        <Content />
      </div>
    </div>
  );
}

/** What else a set can be dropped for, when another one is open and was read. */
function otherDrops(): ReturnType<NonNullable<Page['otherDrops']>> {
  const { view, summary } = useWizard.getState();
  if (!view || !summary) return [];
  const drop = (purpose: Dropped['purpose'], step: WizardStep) => (admitted: AdmitResult) =>
    useWizard.setState({ step, dropped: { purpose, admitted } });
  return [
    { title: 'Merge', hint: `It becomes one set with ${view.name}.`, take: drop('merging', 'source') },
    {
      title: 'Compare',
      hint: `Says what is different from ${view.name}.`,
      take: (admitted) => {
        compareWith(null);
        lookAt('comparison');
        drop('comparing', 'look')(admitted);
      },
    },
  ];
}

export const page: Page = {
  id: 'datasets',
  title: 'Datasets',
  icon: Database,
  rank: 2,
  component: Datasets,
  follow(engine) {
    followDatasets(engine);
    goOnWithDataset();
  },
  whenReady: () => void learnChanges(),
  useProgress: useConversions,
  drop: {
    title: 'Open this dataset',
    hint: 'A folder of annotated pictures, a zip or tar of one, or a video.',
    take: (admitted) => void openDataset(admitted),
  },
  otherDrops,
};
