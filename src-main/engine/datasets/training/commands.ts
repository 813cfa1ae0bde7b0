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

/** The smallest pretrained model of each task, and the size of the pictures that it was trained with. */
const models: Readonly<Record<TrainingTask, readonly [model: string, side: number]>> = {
  detect: ['yolo11n.pt', 640],
  segment: ['yolo11n-seg.pt', 640],
  pose: ['yolo11n-pose.pt', 640],
  obb: ['yolo11n-obb.pt', 1024],
  classify: ['yolo11n-cls.pt', 224],
};

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
  const [model, side] = models[task];
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
  if (task === 'obb' || task === 'classify') return commands;
  const command = `refinery evaluate ${weights}_openvino_model ${quoted(folder)} --subset val`;
  return [...commands, { name: 'evaluate', title: 'Measure the exported model here', command }];
}
