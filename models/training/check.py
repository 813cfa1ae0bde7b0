"""Prints what a Python environment has for JPQD, as one line of JSON. With `import`, tries the import that a training
begins with, which takes seconds."""

import importlib.metadata
import json
import shutil
import sys

PACKAGES = [
    "torch",
    "transformers",
    "optimum",
    "optimum-intel",
    "nncf",
    "openvino",
    "onnx",
    "datasets",
    "accelerate",
]


def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def try_import():
    try:
        from optimum.intel.openvino import OVConfig, OVTrainer  # noqa: F401

        return None
    except BaseException as error:  # A package that exits while it is imported is broken too.
        return f"{type(error).__name__}: {error}"


found = {
    "python": ".".join(map(str, sys.version_info[:3])),
    "packages": {name: version(name) for name in PACKAGES},
    "compiler": any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")),
}
if "import" in sys.argv[1:]:
    found["import"] = try_import()
print("\n" + json.dumps(found))
