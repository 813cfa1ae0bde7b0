"""Trains a detector with Ultralytics and tells how it goes, a line of JSON for each thing that happened.

usage: train_detector.py JSON

The JSON holds `data`, `model`, `epochs`, `imgsz`, `batch`, `project`, `name`; with `resume`, only `model` (a run's
last.pt) and `imgsz` count. The best weights are exported to OpenVINO at the end; with `export`, `model` (trained
weights) is exported and nothing is trained.

Lines: start {epochs, folder}; progress {epoch, fraction, losses}; epoch {epoch, values}; trained {best, last};
exported {folder}; error {kind, message}. Epochs count from 1.
"""

import json
import math
import os
import sys
import threading


def tell(event, **fields):
    # What is not a finite number is no JSON.
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, (int, str)) or value is None:
            return value
        number = float(value)
        return number if math.isfinite(number) else None

    sys.stdout.write("\n" + json.dumps({"event": event, **plain(fields)}) + "\n")
    sys.stdout.flush()


def end_with_parent():
    """Ends when whoever started this is gone: its end of our standard input is closed then.

    Not through sys.stdin: a thread that waits in it holds its lock, and Python would abort at its end.
    """
    while os.read(0, 4096):
        pass
    os._exit(1)


def follow(model):
    state = {"batch": 0, "told": None}

    def started(trainer):
        tell("start", epochs=trainer.epochs, folder=str(trainer.save_dir))

    def epoch_started(trainer):
        state["batch"] = 0

    def batch_ended(trainer):
        state["batch"] += 1
        batches = max(1, len(trainer.train_loader))
        # Ten times an epoch is enough to see it move.
        if state["batch"] % max(1, batches // 10) == 0:
            losses = trainer.label_loss_items(trainer.tloss, prefix="train")
            tell("progress", epoch=trainer.epoch + 1, fraction=state["batch"] / batches, losses=losses)

    def epoch_ended(trainer):
        # The best weights are measured once more after the last epoch; that is no epoch.
        if state["told"] == trainer.epoch or trainer.epoch >= trainer.epochs:
            return
        state["told"] = trainer.epoch
        values = {**trainer.label_loss_items(trainer.tloss, prefix="train"), **trainer.metrics, **trainer.lr}
        tell("epoch", epoch=trainer.epoch + 1, values=values)

    model.add_callback("on_train_start", started)
    model.add_callback("on_train_epoch_start", epoch_started)
    model.add_callback("on_train_batch_end", batch_ended)
    model.add_callback("on_fit_epoch_end", epoch_ended)


def main():
    threading.Thread(target=end_with_parent, daemon=True).start()
    wanted = json.loads(sys.argv[1])
    # Nothing is installed behind the person's back.
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    from ultralytics import YOLO

    best = wanted["model"]
    if not wanted.get("export"):
        model = YOLO(wanted["model"])
        follow(model)
        if wanted.get("resume"):
            model.train(resume=True)
        else:
            model.train(**{name: wanted[name] for name in ("data", "epochs", "imgsz", "batch", "project", "name")})
        best = str(model.trainer.best)
        tell("trained", best=best, last=str(model.trainer.last))
    tell("exported", folder=str(YOLO(best).export(format="openvino", imgsz=wanted["imgsz"])))


try:
    main()
except BaseException as error:
    if isinstance(error, SystemExit):
        raise
    tell("error", kind=type(error).__name__, message=str(error))
    raise
