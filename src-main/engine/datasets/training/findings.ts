import type { Severity } from '../validation/index.ts';

/** What can be found. An error keeps training from starting, or from measuring; a warning costs objects or pictures. */
const checks = {
  no_description: [
    'error',
    'There is no data.yaml',
    'Convert the set to an Ultralytics format; it is written then.',
  ],
  unreadable_description: ['error', 'The data.yaml can’t be read', 'Correct the line that is named.'],
  missing_subset: [
    'error',
    'A subset that training needs isn’t there',
    'Name train and val in data.yaml; --split train=0.8,val=0.2 of a conversion makes them.',
  ],
  missing_path: [
    'error',
    'The data.yaml names a folder that isn’t there',
    'Write the path of the set into it: train-check --absolute does.',
  ],
  no_pictures: ['error', 'A subset has no pictures', 'Put pictures into it, or split the set again.'],
  no_usable_pictures: ['error', 'Every picture of a subset is left out', 'Look at the other findings.'],
  no_labels: [
    'error',
    'No picture for training has a label file',
    'Labels lie in a folder labels beside images.',
  ],
  bad_classes: [
    'error',
    'The classes of data.yaml don’t fit',
    'Let names number all classes from 0, and nc be their count.',
  ],
  bad_points: ['error', 'A pose set needs kpt_shape', 'Write kpt_shape: [points, 2 or 3] into data.yaml.'],
  bad_mirroring: [
    'error',
    'flip_idx doesn’t fit the points',
    'Let it be a list with a number from 0 for each point of kpt_shape, or leave it out.',
  ],
  boxes_for_outlines: [
    'error',
    'Plain boxes are in a set of outlines or rotated boxes',
    'Give every object an outline, or train detection.',
  ],
  no_mirroring: [
    'warning',
    'Pictures won’t be mirrored in training, as data.yaml doesn’t say which points change places',
    'Write flip_idx into it: for each point the number of its partner, of a left eye the right one’s, or its own.',
  ],
  uneven_mirroring: [
    'warning',
    'Mirrored twice by flip_idx, points don’t come back to their places',
    'Let each point’s partner have that point for its own.',
  ],
  relative_path: [
    'warning',
    'The path in data.yaml depends on where training is started',
    'Write the absolute path into it.',
  ],
  relative_list: [
    'warning',
    'A list names pictures from where training is started',
    'Begin the paths in the list with ./, which is from the list’s own folder.',
  ],
  outside: [
    'warning',
    'Pictures lie outside of the set’s folder and were not looked at',
    'Check the folder that holds all of the set.',
  ],
  missing_test: ['warning', 'The folder for testing isn’t there', 'Training works without it.'],
  corrupt_picture: ['warning', 'A picture can’t be used and is left out', 'Replace or remove it.'],
  truncated_picture: [
    'warning',
    'A JPEG has something behind its end; Ultralytics writes it again',
    'Save it anew if it is to stay as it is.',
  ],
  missing_picture: ['warning', 'A list names a picture that isn’t there', 'Correct the list.'],
  unknown_class: [
    'warning',
    'A class has no name in data.yaml; its picture is left out',
    'Complete the names.',
  ],
  out_of_range: [
    'warning',
    'A value is outside of 0 to 1; its picture is left out',
    'Values are parts of the picture’s width and height; the transform clip cuts them off.',
  ],
  wrong_columns: [
    'warning',
    'A line has the wrong number of values; its picture is left out',
    'detect: 5; segment: 7 or more, odd; obb: 9; pose: 5 and those of kpt_shape.',
  ],
  corrupt_label: [
    'warning',
    'A label file can’t be read; its picture is left out',
    'Lines are numbers with spaces between.',
  ],
  mixed_lines: [
    'warning',
    'Boxes and outlines are in one label file; its picture is left out',
    'Keep one of both.',
  ],
  mixed_files: [
    'warning',
    'Some pictures have boxes and some outlines; only boxes will be used',
    'Train a set of one kind.',
  ],
  same_name: ['warning', 'Two pictures share one label file', 'Give one of them another name.'],
  same_class: ['warning', 'Two classes have the same name', 'Rename one, or join them with remap_labels.'],
  same_subset: ['warning', 'Training and validation are the same pictures', 'Split the set.'],
  unlabelled_validation: [
    'warning',
    'No picture for validation has a label file',
    'Nothing can be measured with it.',
  ],
  missing_class_folder: [
    'warning',
    'A subset lacks the folder of a class, or has one too many',
    'Make them the same.',
  ],
  without_labels: ['info', 'A picture has no label file and counts as background', null],
  empty_labels: ['info', 'A label file is empty: background', null],
  same_line: ['info', 'An object is there twice; once is kept', null],
  orphaned_label: ['info', 'A label file has no picture', null],
  unknown_ending: ['info', 'Ultralytics doesn’t read pictures of this kind', null],
} as const satisfies Record<string, readonly [Severity, string, string | null]>;
export type TrainingCheck = keyof typeof checks;

/** All that was found by one check. */
export interface TrainingFinding {
  readonly check: TrainingCheck;
  readonly severity: Severity;
  /** A sentence for a person. */
  readonly title: string;
  readonly count: number;
  /** The first of them: file, line and reason. */
  readonly examples: readonly string[];
  /** What to do, or null where nothing need be done. */
  readonly hint: string | null;
}

const mostExamples = 10;

/** Groups what is found, so that a fault in every file is one line. */
export class TrainingFindings {
  readonly #groups = new Map<TrainingCheck, { count: number; readonly examples: string[] }>();

  add(check: TrainingCheck, example: string): void {
    const group = this.#groups.get(check) ?? { count: 0, examples: [] };
    this.#groups.set(check, group);
    group.count += 1;
    if (group.examples.length < mostExamples) group.examples.push(example);
  }

  /** The worst first. */
  list(): TrainingFinding[] {
    return (Object.keys(checks) as TrainingCheck[]).flatMap((check) => {
      const group = this.#groups.get(check);
      if (group === undefined) return [];
      const [severity, title, hint] = checks[check];
      return [{ check, severity, title, ...group, hint }];
    });
  }
}
