"""The same work as a Python programmer would write it: Pillow reads, enlarges and writes; OpenVINO or onnxruntime run.

usage: sisr_peers.py openvino|onnxruntime|bare MODEL.xml OUTPUT_FOLDER PRECISION FILE...

Prints one JSON line: seconds for all files, and for `bare` the seconds of inference alone with inputs ready.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

scale = 4


def to_onnx(path):
    """The few operations of the embedded network, one by one."""
    model = ov.Core().read_model(path)
    nodes, constants, names = [], [], {}
    for op in model.get_ordered_ops():
        kind, name = op.get_type_name(), op.get_friendly_name().replace("/", "_")
        sources = [names[i.get_source_output().get_node().get_friendly_name()] for i in op.inputs()]
        out = names[op.get_friendly_name()] = f"n_{name}"
        if kind == "Parameter":
            names[op.get_friendly_name()] = op.output(0).get_any_name()
        elif kind == "Constant":
            constants.append(numpy_helper.from_array(np.array(op.data, dtype=np.float32), out))
        elif kind == "Convert":
            names[op.get_friendly_name()] = sources[0]
        elif kind == "Convolution":
            pads = list(op.get_attributes()["pads_begin"]) + list(op.get_attributes()["pads_end"])
            nodes.append(helper.make_node("Conv", sources, [out], pads=pads))
        elif kind == "PRelu":
            nodes.append(helper.make_node("PRelu", sources, [out]))
        elif kind == "DepthToSpace":
            mode = "CRD" if op.get_attributes()["mode"] == "depth_first" else "DCR"
            nodes.append(helper.make_node("DepthToSpace", sources, [out], blocksize=scale, mode=mode))
        elif kind in ("Add", "Multiply"):
            nodes.append(helper.make_node("Mul" if kind == "Multiply" else "Add", sources, [out]))
        elif kind == "Clamp":
            low, high = op.get_attributes()["min"], op.get_attributes()["max"]
            constants += [numpy_helper.from_array(np.float32(v), f"{out}_{v}") for v in (low, high)]
            nodes.append(helper.make_node("Clip", [*sources, f"{out}_{low}", f"{out}_{high}"], [out]))
        elif kind == "Result":
            last = sources[0]
        else:
            raise SystemExit(f"no ONNX for {kind}")
    inputs = [
        helper.make_tensor_value_info(port.get_any_name(), TensorProto.FLOAT, [1, 3, None, None])
        for port in model.inputs
    ]
    output = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 3, None, None])
    graph = helper.make_graph(nodes, "sisr", inputs, [output], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def planes(picture):
    return np.ascontiguousarray(np.asarray(picture, np.float32)[:, :, ::-1].transpose(2, 0, 1)[None])


def read(path):
    picture = Image.open(path).convert("RGB")
    large = picture.resize((picture.width * scale, picture.height * scale), Image.BICUBIC)
    return planes(picture), planes(large)


def write(values, path):
    pixels = (values[0].transpose(1, 2, 0)[:, :, ::-1] * 255).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)


def main():
    how, model_path, folder, precision, *files = sys.argv[1:]
    if how == "onnxruntime":
        import onnxruntime

        session = onnxruntime.InferenceSession(to_onnx(model_path), providers=["CPUExecutionProvider"])

        def infer(small, large):
            return session.run(None, {"0": small, "1": large})[0]
    else:
        properties = {"INFERENCE_PRECISION_HINT": "f32"} if precision == "f32" else {}
        compiled = ov.Core().compile_model(model_path, "CPU", {"PERFORMANCE_HINT": "LATENCY", **properties})

        def infer(small, large):
            return compiled({"0": small, "1": large})[0]

    for path in {Image.open(path).size: path for path in files}.values():
        infer(*read(path))
    started = time.perf_counter()
    for path in files:
        write(infer(*read(path)), Path(folder) / f"{Path(path).stem}_x4.jpg")
    print(json.dumps({"seconds": time.perf_counter() - started}))


main()
