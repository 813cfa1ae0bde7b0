/** Ultralytics' tasks. */
export const trainingTasks = ['detect', 'segment', 'pose', 'obb', 'classify'] as const;
export type TrainingTask = (typeof trainingTasks)[number];

/** A line to copy into a terminal. */
export interface TrainingCommand {
  readonly name: 'train' | 'val' | 'export' | 'export_int8' | 'evaluate';
  /** What it does. */
  readonly title: string;
  readonly command: string;
}

/** How the models of each task end, and the size of the pictures that they were trained with. */
const models: Readonly<Record<TrainingTask, readonly [ending: string, side: number]>> = {
  detect: ['', 640],
  segment: ['-seg', 640],
  pose: ['-pose', 640],
  obb: ['-obb', 1024],
  classify: ['-cls', 224],
};

/** A model's name with the task's ending: `yolo11n.pt` is `yolo11n-obb.pt` for turned boxes. One with an ending stays. */
export function modelFor(task: TrainingTask, model: string): string {
  const [, stem = '', kind = ''] = /^(.+)(\.\w+)$/.exec(model) ?? [];
  return /-(seg|pose|obb|cls)$/.test(stem) ? model : `${stem}${models[task][0]}${kind}`;
}

/** Double quotes, or single ones where a shell would still see something in double ones. */
export function quoted(text: string, windows = process.platform === 'win32'): string {
  if (windows || !/[$`"\\!]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Lines for training, measuring and exporting.
 *
 * @param data absolute path of the `data.yaml`, or of the folder for `classify`. @param folder the set's.
 */
export function trainingCommands(task: TrainingTask, data: string, folder: string): TrainingCommand[] {
  const model = modelFor(task, 'yolo11n.pt');
  const [, side] = models[task];
  const weights = `runs/${task}/train/weights/best`;
  const common = `data=${quoted(data)}`;
  const commands: TrainingCommand[] = [
    {
      name: 'train',
      title: 'Train',
      command: `yolo ${task} train ${common} model=${model} epochs=100 imgsz=${side}`,
    },
    {
      name: 'val',
      title: 'Measure what was trained',
      command: `yolo ${task} val ${common} model=${weights}.pt imgsz=${side}`,
    },
    {
      name: 'export',
      title: 'Export to OpenVINO',
      command: `yolo export model=${weights}.pt format=openvino imgsz=${side}`,
    },
    {
      name: 'export_int8',
      title: 'Export to OpenVINO in 8 bits, calibrated with the set',
      command: `yolo export model=${weights}.pt format=openvino imgsz=${side} int8=True ${common}`,
    },
  ];
  const command = `refinery evaluate ${weights}_openvino_model ${quoted(folder)} --subset val`;
  return [...commands, { name: 'evaluate', title: 'Measure the exported model here', command }];
}
