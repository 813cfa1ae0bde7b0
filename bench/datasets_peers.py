"""The same conversions by Datumaro, and as a Python programmer would write them with what Python brings along.

usage: datasets_peers.py datumaro|datumaro_bare|script|ultralytics|cp|zip coco_yolo|coco_voc|voc_coco SOURCE OUTPUT

Prints one JSON line: CPU seconds and most memory of the process. Its wall time is for the caller to take.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict


def by_datumaro(how, source, output, save_media):
    import datumaro

    formats = {
        "coco_yolo": ("coco_instances", "yolo_ultralytics"),
        "coco_voc": ("coco_instances", "voc_detection"),
        "voc_coco": ("voc_detection", "coco_instances"),
    }
    read, write = formats[how]
    datumaro.Dataset.import_from(source, read).export(output, write, save_media=save_media)


def read_coco(source):
    """Subset, names of the classes, and for each picture its boxes."""
    for subset in ("train", "val"):
        with open(f"{source}/annotations/instances_{subset}.json") as file:
            content = json.load(file)
        numbers = {category["id"]: index for index, category in enumerate(content["categories"])}
        boxes = defaultdict(list)
        for annotation in content["annotations"]:
            boxes[annotation["image_id"]].append((numbers[annotation["category_id"]], *annotation["bbox"]))
        names = [category["name"] for category in content["categories"]]
        yield subset, names, [(image, boxes[image["id"]]) for image in content["images"]]


def coco_yolo(source, output):
    for subset, names, images in read_coco(source):
        os.makedirs(f"{output}/labels/{subset}")
        os.makedirs(f"{output}/images/{subset}")
        for image, boxes in images:
            name, width, height = image["file_name"], image["width"], image["height"]
            with open(f"{output}/labels/{subset}/{os.path.splitext(name)[0]}.txt", "w") as file:
                for label, x, y, w, h in boxes:
                    cx, cy = (x + w / 2) / width, (y + h / 2) / height
                    file.write(f"{label} {cx:.6f} {cy:.6f} {w / width:.6f} {h / height:.6f}\n")
            shutil.copyfile(f"{source}/images/{subset}/{name}", f"{output}/images/{subset}/{name}")
    with open(f"{output}/data.yaml", "w") as file:
        file.write(f"train: images/train\nval: images/val\nnames: {json.dumps(names)}\n")


def coco_voc(source, output):
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        os.makedirs(f"{output}/{folder}")
    for subset, names, images in read_coco(source):
        with open(f"{output}/ImageSets/Main/{subset}.txt", "w") as file:
            file.writelines(os.path.splitext(image["file_name"])[0] + "\n" for image, _ in images)
        for image, boxes in images:
            root = ElementTree.Element("annotation")
            ElementTree.SubElement(root, "filename").text = image["file_name"]
            size = ElementTree.SubElement(root, "size")
            for side, value in (("width", image["width"]), ("height", image["height"]), ("depth", 3)):
                ElementTree.SubElement(size, side).text = str(value)
            for label, x, y, w, h in boxes:
                entry = ElementTree.SubElement(root, "object")
                ElementTree.SubElement(entry, "name").text = names[label]
                box = ElementTree.SubElement(entry, "bndbox")
                for side, value in (("xmin", x), ("ymin", y), ("xmax", x + w), ("ymax", y + h)):
                    ElementTree.SubElement(box, side).text = str(value)
            stem = os.path.splitext(image["file_name"])[0]
            ElementTree.ElementTree(root).write(f"{output}/Annotations/{stem}.xml")
            shutil.copyfile(f"{source}/images/{subset}/{image['file_name']}", f"{output}/JPEGImages/{image['file_name']}")


def voc_coco(source, output):
    os.makedirs(f"{output}/annotations")
    with open(f"{source}/labelmap.txt") as file:
        names = [line.split(":")[0] for line in file if not line.startswith("#")]
    names.remove("background")
    numbers = {name: index + 1 for index, name in enumerate(names)}
    for subset in ("train", "val"):
        os.makedirs(f"{output}/images/{subset}")
        images, annotations = [], []
        with open(f"{source}/ImageSets/Main/{subset}.txt") as file:
            stems = file.read().split()
        for stem in stems:
            root = ElementTree.parse(f"{source}/Annotations/{stem}.xml").getroot()
            name, size = root.findtext("filename"), root.find("size")
            width, height = (int(size.findtext(side)) for side in ("width", "height"))
            images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
            for entry in root.iter("object"):
                box = entry.find("bndbox")
                x, y, right, bottom = (float(box.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax"))
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": len(images),
                        "category_id": numbers[entry.findtext("name")],
                        "bbox": [x, y, right - x, bottom - y],
                        "area": (right - x) * (bottom - y),
                        "segmentation": [],
                        "iscrowd": 0,
                    }
                )
            shutil.copyfile(f"{source}/JPEGImages/{name}", f"{output}/images/{subset}/{name}")
        categories = [{"id": number, "name": name} for name, number in numbers.items()]
        with open(f"{output}/annotations/instances_{subset}.json", "w") as file:
            json.dump({"images": images, "categories": categories, "annotations": annotations}, file)


def main():
    who, how, source, output = sys.argv[1:]
    whose = resource.RUSAGE_SELF
    if who.startswith("datumaro"):
        by_datumaro(how, source, output, save_media=who == "datumaro")
    elif who == "ultralytics":
        from ultralytics.data.converter import convert_coco

        convert_coco(f"{source}/annotations/", output, cls91to80=False)
    elif who == "cp":
        subprocess.run(["cp", "-r", source, output], check=True)
        whose = resource.RUSAGE_CHILDREN
    elif who == "zip":
        shutil.make_archive(output.removesuffix(".zip"), "zip", source)
    else:
        {"coco_yolo": coco_yolo, "coco_voc": coco_voc, "voc_coco": voc_coco}[how](source, output)
    used = resource.getrusage(whose)
    # Linux counts in kilobytes, macOS in bytes.
    memory = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "peakMegabytes": memory}))


if __name__ == "__main__":
    main()
