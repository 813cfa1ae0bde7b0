"""Runs a training script as `python script.py ...` would, and lets it be stopped with a checkpoint.

    python launch.py STOP_FILE SCRIPT [ARGUMENTS ...]

When STOP_FILE appears, or SIGINT or SIGTERM comes, the Trainer saves a checkpoint after the step at hand and ends; of several
processes (torchrun), all after the same step. A second signal ends at once. A script without transformers' Trainer is run all the same, and only signals end it.
"""

import importlib.abc
import importlib.util
import os
import runpy
import signal
import sys

TRAINER = "transformers.trainer"


class Stop:
    """Whether someone asked to stop."""

    def __init__(self, path):
        self.path = path
        self.signalled = False
        self.trainer_loaded = False

    def asked(self):
        return self.signalled or os.path.exists(self.path)

    def on_signal(self, number, frame):
        if self.signalled or not self.trainer_loaded:
            raise KeyboardInterrupt
        self.signalled = True
        print("Stopping after this step, with a checkpoint.", flush=True)


def agreed(asked):
    """Whether any process of a training that has several was asked: one that stops alone leaves the others waiting for it."""
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return asked
    if distributed.get_world_size() == 1:
        return asked
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor([int(asked)], device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())


def make_callback(base, stop):
    """A TrainerCallback that ends the training with a checkpoint once `stop` asks for it."""

    class StopWithCheckpoint(base):
        def on_step_end(self, args, state, control, **kwargs):
            if agreed(stop.asked()):
                control.should_save = True
                control.should_training_stop = True
            return control

    return StopWithCheckpoint


class TrainerHook(importlib.abc.MetaPathFinder):
    """Gives every Trainer the callback when the script imports it: importing it sooner would come before what the script
    sets up, such as environment variables."""

    def __init__(self, stop):
        self.stop = stop

    def find_spec(self, name, path=None, target=None):
        if name != TRAINER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.DEFAULT_CALLBACKS.append(make_callback(module.TrainerCallback, self.stop))
            self.stop.trainer_loaded = True

        spec.loader.exec_module = exec_module
        return spec


def main():
    stop_file, script, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    stop = Stop(stop_file)
    sys.meta_path.insert(0, TrainerHook(stop))
    signal.signal(signal.SIGINT, stop.on_signal)
    signal.signal(signal.SIGTERM, stop.on_signal)
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
