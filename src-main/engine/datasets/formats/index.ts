import type { AnyFormat } from '../format.ts';
import { ade20kFormats } from './ade20k/index.ts';
import { arrowFormat } from './arrow/index.ts';
import { avaFormat } from './ava/index.ts';
import { boxTableFormat } from './box_table/index.ts';
import { bratsFormat, bratsNumpyFormat } from './brats/index.ts';
import { camvidFormat } from './camvid/index.ts';
import { celebaFormats } from './celeba/index.ts';
import { cifarFormat } from './cifar/index.ts';
import { cityscapesFormat } from './cityscapes/index.ts';
import { cocoFormats } from './coco/index.ts';
import { withNotes } from './common/notes.ts';
import { createMlFormat } from './create_ml/index.ts';
import { crowdHumanFormat } from './crowdhuman/index.ts';
import { cvatFormats } from './cvat/index.ts';
import { datumaroFormat } from './datumaro/index.ts';
import { datumaroBinaryFormat } from './datumaro_binary/index.ts';
import { dotaFormat } from './dota/index.ts';
import { fiftyOneFormat } from './fiftyone/index.ts';
import { huggingfaceFormats } from './huggingface/index.ts';
import { icdarFormats } from './icdar/index.ts';
import { imageZipFormat } from './image_zip/index.ts';
import { imagenetFormats } from './imagenet/index.ts';
import { kineticsFormat } from './kinetics/index.ts';
import { kittiFormats } from './kitti/index.ts';
import { kittiRawFormat } from './kitti_raw/index.ts';
import { kitti3dFormat } from './kitti3d/index.ts';
import { labelMeFormat } from './label_me/index.ts';
import { labelStudioFormat } from './label_studio/index.ts';
import { labelmeFormat } from './labelme/index.ts';
import { lfwFormat } from './lfw/index.ts';
import { mapillaryFormats } from './mapillary/index.ts';
import { personFormats } from './market1501/index.ts';
import { maskDirsFormat } from './mask_dirs/index.ts';
import { mnistFormats } from './mnist/index.ts';
import { motFormats } from './mot/index.ts';
import { mpiiFormats } from './mpii/index.ts';
import { multiclassFormat } from './multiclass/index.ts';
import { mvtecFormats } from './mvtec/index.ts';
import { nyuDepthFormat } from './nyu_depth_v2/index.ts';
import { openImagesFormat } from './open_images/index.ts';
import { segmentAnythingFormat } from './segment_anything/index.ts';
import { semanticFormats } from './semantic/index.ts';
import { slyPointcloudFormat } from './sly_pointcloud/index.ts';
import { superviselyFormat } from './supervisely/index.ts';
import { synthiaFormats } from './synthia/index.ts';
import { tabularFormat } from './tabular/index.ts';
import { tfrecordFormat } from './tfrecord/index.ts';
import { vggFace2Format } from './vgg_face2/index.ts';
import { viaFormat } from './via/index.ts';
import { videoKeyframesFormat } from './video_keyframes/index.ts';
import { visDroneFormat } from './visdrone/index.ts';
import { vocFormats } from './voc/index.ts';
import { vottFormats } from './vott/index.ts';
import { webdatasetFormat } from './webdataset/index.ts';
import { widerFaceFormat } from './wider_face/index.ts';
import { yoloFormats } from './yolo/index.ts';

/** Every format. A new one is a folder beside this file and a line here. */
const all: readonly AnyFormat[] = [
  ...cocoFormats,
  ...yoloFormats,
  ...vocFormats,
  datumaroFormat,
  datumaroBinaryFormat,
  arrowFormat,
  ...cvatFormats,
  ...imagenetFormats,
  dotaFormat,
  labelmeFormat,
  labelMeFormat,
  labelStudioFormat,
  superviselyFormat,
  viaFormat,
  ...icdarFormats,
  ...motFormats,
  ...personFormats,
  widerFaceFormat,
  nyuDepthFormat,
  openImagesFormat,
  fiftyOneFormat,
  visDroneFormat,
  crowdHumanFormat,
  ...kittiFormats,
  ...vottFormats,
  boxTableFormat,
  createMlFormat,
  multiclassFormat,
  ...semanticFormats,
  maskDirsFormat,
  camvidFormat,
  cityscapesFormat,
  ...mapillaryFormats,
  ...ade20kFormats,
  ...synthiaFormats,
  segmentAnythingFormat,
  ...mnistFormats,
  cifarFormat,
  lfwFormat,
  vggFace2Format,
  ...celebaFormats,
  ...mvtecFormats,
  avaFormat,
  kineticsFormat,
  kittiRawFormat,
  kitti3dFormat,
  ...mpiiFormats,
  videoKeyframesFormat,
  bratsFormat,
  bratsNumpyFormat,
  slyPointcloudFormat,
  ...huggingfaceFormats,
  webdatasetFormat,
  imageZipFormat,
  tabularFormat,
  tfrecordFormat,
];

export const formats: readonly AnyFormat[] = all.map(withNotes);

/** The format with a name or another name for it. */
export function formatNamed(name: string): AnyFormat | undefined {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  return (
    formats.find((format) => format.name === wanted) ??
    formats.find((format) => format.aliases.includes(wanted))
  );
}
