import { describe, expect, test } from 'vitest';
import { formatNamed } from './formats/index.ts';

/** Every name of Datumaro 1.13.12 that it exports to, and those that it only imports: `datum convert --help`. */
const exported = `ava camvid cifar cityscapes coco coco_captions coco_image_info coco_instances coco_labels coco_panoptic
  coco_person_keypoints coco_stuff cvat datumaro datumaro_binary dota arrow icdar_text_localization icdar_text_segmentation
  icdar_word_recognition image_dir image_zip imagenet imagenet_txt imagenet_with_subset_dirs kitti kitti_detection kitti_raw
  kitti_segmentation label_me lfw market1501 mnist mnist_csv mot_seq_gt mots_png mvtec mvtec_classification mvtec_detection
  mvtec_segmentation open_images segment_anything sly_pointcloud tabular vgg_face2 voc voc_action voc_classification
  voc_detection voc_instance_segmentation voc_layout voc_segmentation wider_face yolo yolo_ultralytics`;
const imported = `ade20k2017 ade20k2020 align_celeba brats brats_numpy celeba common_semantic_segmentation
  common_semantic_segmentation_with_subset_dirs kaggle_coco kaggle_image_csv kaggle_image_mask kaggle_image_txt kaggle_voc
  kaggle_yolo kinetics kitti3d mapillary_vistas mapillary_vistas_instances mapillary_vistas_panoptic mars mmdet_coco mot_seq
  mots mots_png_extractor mpii mpii_json nyu_depth_v2 roboflow_coco roboflow_create_ml roboflow_multiclass roboflow_voc
  roboflow_yolo roboflow_yolo_obb synthia_al synthia_rand synthia_sf video_frames video_keyframes vott_csv vott_json
  yolo_loose yolo_strict`;
/** What CVAT's fork exports beyond it, and what other tools call theirs. */
const others = `yolov8_detection yolov8_segmentation yolov8_pose yolov8_oriented_boxes yolov8_classification labelme
  label_studio create_ml tf_detection_api hf_imagefolder hf_parquet webdataset box_table supervisely via roboflow_mask
  mask_dirs`;
/** Sets of their own makers, and of a tool that takes the formats above. */
const read = 'fiftyone visdrone crowdhuman lvis';

const names = (text: string): string[] => text.split(/\s+/);

describe('names of formats', () => {
  test.each([...names(exported), ...names(others)])('%s is read and written', (name) => {
    expect(formatNamed(name)?.write).toBeTypeOf('function');
    expect(formatNamed(name)?.read).toBeTypeOf('function');
  });

  test.each([...names(imported), ...names(read)])('%s is read', (name) => {
    expect(formatNamed(name)?.read).toBeTypeOf('function');
  });
});
