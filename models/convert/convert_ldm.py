"""Converts a latent diffusion model for super-resolution from diffusers to OpenVINO, and proves that both agree.

usage: convert_ldm.py SOURCE TARGET [--weights fp16|fp32|int8] [--via onnx]

SOURCE is a folder that LDMSuperResolutionPipeline.save_pretrained wrote; TARGET a folder that exists. Prints one JSON
object a line: `stage` (what begins, and which part is done), `parity` (one comparison with PyTorch) and, at the end,
`done` or `error`. Ends by itself when its standard input is closed, so that nothing goes on after its parent.
"""

import argparse
import json
import os
import platform
import sys
import threading
import warnings
from importlib.metadata import version
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")

import numpy as np
import openvino as ov
import torch
from diffusers import DDIMScheduler, UNet2DModel, VQModel
from openvino import opset13 as ops

# Largest difference from PyTorch that is accepted, in parts of the largest value. fp16 keeps 11 bits of each weight,
# int8 about 7; the decoder is deep and keeps fp16 also in int8.
limits = {
    "fp32": {"unet": 1e-3, "decoder": 1e-3, "run": 2e-3},
    "fp16": {"unet": 5e-3, "decoder": 2e-2, "run": 1e-2},
    "int8": {"unet": 5e-2, "decoder": 2e-2, "run": 5e-2},
}


# What libraries print goes to the standard error; the standard output is for the events alone.
events = os.fdopen(os.dup(1), "w", encoding="utf8")
os.dup2(2, 1)


def tell(event, **what):
    print(json.dumps({"event": event, **what}), file=events, flush=True)


def stage(name, fraction):
    tell("stage", stage=name, fraction=fraction)


class Denoiser(torch.nn.Module):
    """The UNet as sample, timestep -> noise."""

    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep):
        return self.unet(sample, timestep, return_dict=False)[0]


def grid_of(codes):
    """Least code, distance and number of levels of each channel, where the codes are all points of an even grid.

    So they are where they were not learned (finite scalar quantization, Mentzer et al. 2023). None for others.
    """
    levels = [torch.unique(channel) for channel in codes.double().t()]
    counts = [len(channel) for channel in levels]
    if np.prod(counts) != len(codes) or len(torch.unique(codes, dim=0)) != len(codes) or min(counts) < 2:
        return None
    steps = [(channel[-1] - channel[0]) / (len(channel) - 1) for channel in levels]
    even = all((channel.diff() - step).abs().max() < 1e-4 * step for channel, step in zip(levels, steps))
    shape = lambda values: torch.tensor([float(value) for value in values]).view(1, -1, 1, 1)
    return (shape(channel[0] for channel in levels), shape(steps), shape(counts)) if even else None


class GridDecoder(torch.nn.Module):
    """VQModel.decode where the codes are a grid: the nearest one is found by rounding, not by looking at each."""

    def __init__(self, vq, grid):
        super().__init__()
        self.vq = vq
        for name, values in zip(("least", "step", "count"), grid):
            self.register_buffer(name, values)

    def forward(self, latents):
        place = (latents - self.least) / self.step
        found = torch.minimum(torch.round(place).clamp(min=0), self.count - 1)
        return self.vq.decoder(self.vq.post_quant_conv(latents + (found - place) * self.step))


class Decoder(torch.nn.Module):
    """VQModel.decode with the nearest-code search as one matrix product.

    |z - e|^2 = |z|^2 - 2 z.e + |e|^2, and |z|^2 is the same for all codes. diffusers' torch.cdist becomes subtractions
    in OpenVINO that take three values for each pair of a latent and a code.
    """

    def __init__(self, vq):
        super().__init__()
        self.vq = vq
        codes = vq.quantize.embedding.weight.detach().double()
        self.register_buffer("codes", codes.float())
        self.register_buffer("directions", (2 * codes.t()).float().contiguous())
        self.register_buffer("lengths", (codes**2).sum(1).float())

    def forward(self, latents):
        nearness = torch.matmul(latents.permute(0, 2, 3, 1), self.directions) - self.lengths
        nearest = torch.argmax(nearness, dim=-1)
        found = torch.nn.functional.embedding(nearest, self.codes).permute(0, 3, 1, 2)
        # As diffusers: the code up to the last bit of the latent.
        found = latents + (found - latents)
        return self.vq.decoder(self.vq.post_quant_conv(found))


def to_openvino(module, inputs, output, via, folder):
    """inputs: name -> (example, shape with -1 for what may differ). Both ways take f32 only."""
    names = list(inputs)
    examples = tuple(example for example, _ in inputs.values())
    shapes = [(name, ov.PartialShape(shape), ov.Type.f32) for name, (_, shape) in inputs.items()]
    with torch.no_grad():
        if via == "onnx":
            path = folder / f"{output}.onnx"
            free = {
                name: {axis: f"{name}_{axis}" for axis, size in enumerate(shape) if size == -1}
                for name, (_, shape) in inputs.items()
            }
            torch.onnx.export(
                module, examples, path, input_names=names, output_names=[output],
                dynamic_axes=free, opset_version=18, dynamo=False,
            )
            model = ov.convert_model(path, input=shapes)
        else:
            model = ov.convert_model(module, example_input=dict(zip(names, examples)), input=shapes)
    for port, name in zip(model.inputs, names):
        port.get_tensor().set_names({name})
        port.get_node().set_friendly_name(name)
    model.outputs[0].get_tensor().set_names({output})
    return model


def exact_constants(model):
    """Constants that must keep 32 bits: all that a sine, a cosine or finding the nearest code depends on.

    In 16 bits the frequencies of the timestep's embedding are off by up to a quarter of a radian at the last step, and
    rounded codes are other codes wherever two lie close.
    """
    waiting = [op for op in model.get_ops() if op.get_type_name() in ("Sin", "Cos", "TopK", "Round")]
    waiting += [
        op.input_value(0).get_node() for op in model.get_ops() if op.get_type_name() == "Gather"
    ]
    seen, found = set(), []
    while waiting:
        node = waiting.pop()
        if node.get_name() in seen:
            continue
        seen.add(node.get_name())
        if node.get_type_name() == "Constant" and node.get_element_type() == ov.Type.f32:
            found.append(node)
        waiting += [value.get_node() for value in node.input_values()]
    return found


def save(model, path, weights):
    """Writes the IR. In 16 bits the exact constants are put back afterwards."""
    if weights == "fp32":
        ov.save_model(model, path, compress_to_fp16=False)
        return
    exact = {}
    for index, constant in enumerate(exact_constants(model)):
        constant.set_friendly_name(f"exact_{index}")
        exact[f"exact_{index}"] = constant.data.copy()
    rounded = path.with_name(f"rounded-{path.name}")
    ov.save_model(model, rounded, compress_to_fp16=True)
    core = ov.Core()
    core.set_property({"ENABLE_MMAP": False})
    again = core.read_model(rounded)
    for op in again.get_ordered_ops():
        values = exact.pop(op.get_friendly_name(), None)
        if values is not None:
            op.output(0).replace(ops.constant(values).output(0))
    if exact:
        raise RuntimeError(f"constants were not found again: {', '.join(exact)}")
    again.validate_nodes_and_infer_types()
    ov.save_model(again, path, compress_to_fp16=False)
    for file in (rounded, rounded.with_suffix(".bin")):
        file.unlink()


class Parity:
    """Compares what PyTorch and OpenVINO make of the same numbers."""

    def __init__(self, weights):
        self.limits = limits[weights]
        self.passed = True

    def compare(self, part, what, expected, found, limit=True):
        differences = np.abs(found.astype(np.float64) - expected)
        most, mean = float(differences.max()), float(differences.mean())
        relative = most / max(float(np.abs(expected).max()), 1e-12)
        bound = self.limits[part] if limit else None
        passed = bound is None or bool(relative <= bound)  # False for what is not a number.
        self.passed &= passed
        figures = {"maxAbs": most, "meanAbs": mean, "relative": relative, "limit": bound, "passed": passed}
        tell("parity", part=part, what=what, **figures)


def prove(unet, vq, target, scheduler, weights):
    """Both networks alone, at two sizes, and three DDIM steps from noise to picture."""
    core = ov.Core()
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    fast_unet = core.compile_model(target / "unet.xml", "CPU", hints)
    fast_decoder = core.compile_model(target / "vqvae_decoder.xml", "CPU", hints)
    generator = torch.Generator().manual_seed(1)
    parity = Parity(weights)
    multiple = 2 ** (len(unet.config.block_out_channels) - 1)
    sizes = [(8 * multiple, 8 * multiple), (4 * multiple, 11 * multiple)]

    def denoise(sample, timestep):
        time = np.array([timestep], np.float32)
        return fast_unet({"sample": sample.numpy(), "timestep": time})[0]

    for height, width in sizes:
        sample = torch.randn(1, unet.config.in_channels, height, width, generator=generator)
        for timestep in (0.0, 333.33, 999.0):
            expected = unet(sample, torch.tensor([timestep])).sample.numpy()
            parity.compare("unet", f"{width}x{height} t={timestep:g}", expected, denoise(sample, timestep))
        # Codes with a little noise: as sure as those of a real run.
        codes = vq.quantize.embedding.weight
        chosen = torch.randint(0, len(codes), (1, height, width), generator=generator)
        latents = codes[chosen].permute(0, 3, 1, 2).contiguous()
        expected = vq.decode(latents).sample.numpy()
        found = fast_decoder({"latents": latents.numpy()})[0]
        parity.compare("decoder", f"{width}x{height}", expected, found)

    height, width = sizes[0]
    steps = DDIMScheduler.from_config(scheduler)
    steps.set_timesteps(3)
    picture = torch.linspace(-1, 1, width).expand(1, 3, height, width)
    start = torch.randn(1, 3, height, width, generator=generator)
    ours = theirs = start
    for timestep in steps.timesteps:
        noise = unet(torch.cat([theirs, picture], 1), timestep[None].float()).sample
        theirs = steps.step(noise, timestep, theirs).prev_sample
        noise = torch.from_numpy(denoise(torch.cat([ours, picture], 1), float(timestep)).copy())
        ours = steps.step(noise, timestep, ours).prev_sample
    parity.compare("run", "3 steps, latents", theirs.numpy(), ours.numpy())
    expected = vq.decode(theirs).sample.clamp(-1, 1).numpy()
    found = fast_decoder({"latents": ours.numpy()})[0].clip(-1, 1)
    # Not limited: a latent that lies between two codes may become either of them.
    parity.compare("run", "3 steps, picture", expected, found, limit=False)
    return parity.passed


def plain(config):
    """A network's configuration without where it lay."""
    return {key: value for key, value in dict(config).items() if key != "_name_or_path"}


def convert(source, target, weights, via):
    stage("Reading the networks", 0.02)
    options = {"local_files_only": True, "low_cpu_mem_usage": False}
    unet = UNet2DModel.from_pretrained(source, subfolder="unet", **options).float().eval()
    vq = VQModel.from_pretrained(source, subfolder="vqvae", **options).float().eval()
    scheduler_file = source / "scheduler" / "scheduler_config.json"
    scheduler = json.loads(scheduler_file.read_text("utf8"))

    stage("Converting the UNet", 0.1)
    channels = unet.config.in_channels
    inputs = {
        "sample": (torch.randn(1, channels, 64, 64), [-1, channels, -1, -1]),
        # One f32: Euler's and LMS's timesteps have fractions, and a plain trace would fix whole numbers.
        "timestep": (torch.tensor([981.0]), [1]),
    }
    model = to_openvino(Denoiser(unet), inputs, "noise_pred", via, target)
    if weights == "int8":
        import nncf

        stage("Compressing the UNet's weights", 0.3)
        model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM)
    save(model, target / "unet.xml", weights)

    stage("Converting the decoder", 0.45)
    depth = vq.config.latent_channels
    inputs = {"latents": (torch.randn(1, depth, 32, 32), [-1, depth, -1, -1])}
    # Never int8: its codebook would be compressed too.
    grid = grid_of(vq.quantize.embedding.weight.detach())
    decoder = Decoder(vq) if grid is None else GridDecoder(vq, grid)
    model = to_openvino(decoder, inputs, "image", via, target)
    save(model, target / "vqvae_decoder.xml", "fp16" if weights == "int8" else weights)
    del model
    for left in target.glob("*.onnx*"):
        left.unlink()

    (target / "scheduler_config.json").write_text(scheduler_file.read_text("utf8"), "utf8")
    description = {
        "unet": plain(unet.config),
        "vqvae": plain(vq.config),
        "quantizer": "mm" if grid is None else "grid",
        "weights": {"fp16": "f16", "fp32": "f32", "int8": "int8"}[weights],
        "openvino": ov.get_version(),
    }
    (target / "ldm_config.json").write_text(json.dumps(description, indent=1, default=str), "utf8")

    stage("Comparing with PyTorch", 0.65)
    with torch.no_grad():
        passed = prove(unet, vq, target, scheduler, weights)
    names = ["torch", "diffusers", "openvino", "numpy", "safetensors"]
    names += ["nncf"] if weights == "int8" else []
    names += ["onnx"] if via == "onnx" else []
    versions = {"python": platform.python_version(), **{name: version(name) for name in names}}
    tell("done", passed=passed, versions=versions)


def end_with_parent():
    """Ends when whoever started this is gone: its end of our standard input is closed then.

    Not through sys.stdin: a thread that waits in it holds its lock, and Python would abort at its end.
    """
    while os.read(0, 4096):
        pass
    os._exit(3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--weights", choices=("fp16", "fp32", "int8"), default="fp16")
    parser.add_argument("--via", choices=("torch", "onnx"), default="torch")
    arguments = parser.parse_args()
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        convert(arguments.source, arguments.target, arguments.weights, arguments.via)
    except Exception as error:
        tell("error", kind=type(error).__name__, message=str(error)[:2000])
        sys.exit(1)


if __name__ == "__main__":
    main()
