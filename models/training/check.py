"""Prints what a Python environment has for JPQD, as one line of JSON. With `import`, tries the import that a training
begins with, which takes seconds."""

import importlib.metadata
import json
import os
import pathlib
import shutil
import sys
import time

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


def extensions():
    """Where PyTorch compiles extensions, see get_default_build_root in its torch/utils/cpp_extension.py."""
    given = os.environ.get("TORCH_EXTENSIONS_DIR")
    if given:
        return pathlib.Path(given)
    home = pathlib.Path.home()
    if sys.platform == "win32":
        local = pathlib.Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        return local / "torch_extensions" / "torch_extensions" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "torch_extensions"
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")) / "torch_extensions"


def locks():
    """Locks of builds of NNCF's extensions. One of a build that was killed stays, and every later build waits for it."""
    try:
        return [
            {"folder": str(path.parent), "seconds": max(0, int(time.time() - path.stat().st_mtime))}
            for path in extensions().glob("**/nncf/**/lock")
        ]
    except OSError:
        return []


found = {
    "python": ".".join(map(str, sys.version_info[:3])),
    "packages": {name: version(name) for name in PACKAGES},
    "compiler": any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")),
    "locks": locks(),
}
if "import" in sys.argv[1:]:
    found["import"] = try_import()
print("\n" + json.dumps(found))
