import type { ProblemLog } from '../../model/index.ts';
import { type CocoFile, findFiles, isFor, isRoboflow, resultFiles, type Task } from './layout.ts';
import { withoutRepeats } from './repeats.ts';

/** Tasks that describe the same objects in different ways: of these, one is read. */
const rivals: readonly Task[] = ['instances', 'person_keypoints', 'panoptic', 'stuff', 'labels'];

/** The files of a set that are read for some tasks. Those that are left though they say something are told. */
export async function chooseFiles(
  folder: string,
  only: readonly Task[],
  problems: ProblemLog,
): Promise<readonly CocoFile[]> {
  const found = await findFiles(folder, only);
  const all = found.filter((file) => only.some((task) => isFor(file, task)));
  for (const file of found) {
    const isOfObjects = file.task === 'instances' && (!file.named || isRoboflow(file.path));
    if (all.includes(file) || !isOfObjects || !only.includes('person_keypoints')) continue;
    problems.add(file.path, '', 'not read: its objects have no key points');
  }
  for (const path of await resultFiles(folder))
    problems.add(path, '', 'not read: it is what a model found, and no set of annotations');
  const chosen = chooseRival(all, only);
  const wanted = all.filter((file) => {
    const isLeft = chosen !== undefined && isRivalOf(file, chosen, all);
    if (isLeft) problems.add(file.path, '', `not read: ${chosen} of the same set is read instead`);
    return !isLeft;
  });
  return withoutRepeats(folder, wanted, problems);
}

/** Which of the tasks that describe the same objects is read: that of files that are named for it, where there are any. */
function chooseRival(files: readonly CocoFile[], only: readonly Task[]): Task | undefined {
  const among = (some: readonly CocoFile[]): Task | undefined =>
    rivals.find((task) => only.includes(task) && some.some((file) => isFor(file, task)));
  return among(files.filter(({ named }) => named)) ?? among(files);
}

/** Whether a file is left for those of the chosen task. */
function isRivalOf(file: CocoFile, chosen: Task, all: readonly CocoFile[]): boolean {
  if (!rivals.includes(file.task) || file.task === chosen) return false;
  return !isFor(file, chosen) || all.some(({ task, subset }) => task === chosen && subset === file.subset);
}
