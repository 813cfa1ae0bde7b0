"""Peers of the latent diffusion bench, and the network that they share with it.

usage: ldm_peers.py build FOLDER          the released model's architecture with random weights, in diffusers' layout
       ldm_peers.py serve FOLDER UNET.xml THREADS

`serve` reads one JSON object a line, {"how": "torch" | "openvino f32" | "openvino bf16", "size": 128, "steps": 3},
runs that many steps of DDIM as a Python programmer would write them, and answers with {"seconds": [one for each]}.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")

import numpy as np
import openvino as ov
import torch
from diffusers import DDIMScheduler, UNet2DModel, VQModel

# Sizes as in CompVis' models/ldm/bsr_sr/config.yaml; 113,622,563 and 55,322,782 parameters.
unet_sizes = dict(
    sample_size=64, in_channels=6, out_channels=3, block_out_channels=[160, 320, 320, 640],
    down_block_types=["DownBlock2D"] * 3 + ["AttnDownBlock2D"],
    up_block_types=["AttnUpBlock2D"] + ["UpBlock2D"] * 3,
    layers_per_block=2, attention_head_dim=32, norm_num_groups=32,
)
vq_sizes = dict(
    in_channels=3, out_channels=3, latent_channels=3, vq_embed_dim=3, block_out_channels=[128, 256, 512],
    down_block_types=["DownEncoderBlock2D"] * 3, up_block_types=["UpDecoderBlock2D"] * 3,
    layers_per_block=2, num_vq_embeddings=8192, norm_num_groups=32, sample_size=256,
)


def schedule():
    return DDIMScheduler(
        beta_start=0.0015, beta_end=0.0155, beta_schedule="scaled_linear", clip_sample=False
    )


def build(folder):
    torch.manual_seed(0)
    unet, vq = UNet2DModel(**unet_sizes), VQModel(**vq_sizes)
    with torch.no_grad():
        # As a trained one is spread; torch's start would put all codes into one point.
        vq.quantize.embedding.weight.normal_()
    unet.save_pretrained(folder / "unet")
    vq.save_pretrained(folder / "vqvae")
    schedule().save_pretrained(folder / "scheduler")
    index = {"_class_name": "LDMSuperResolutionPipeline"}
    (folder / "model_index.json").write_text(json.dumps(index), "utf8")


def run(predict, size, steps):
    """Seconds of each step, from the latents before it to the latents after it."""
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 3, size, size, generator=generator)
    picture = torch.linspace(-1, 1, size).expand(1, 3, size, size)
    scheduler = schedule()
    scheduler.set_timesteps(steps)
    seconds = []
    for timestep in scheduler.timesteps:
        started = time.perf_counter()
        noise = predict(torch.cat([latents, picture], 1), timestep)
        latents = scheduler.step(noise, timestep, latents).prev_sample
        seconds.append(time.perf_counter() - started)
    return seconds


def serve(folder, path, threads):
    torch.set_num_threads(threads)
    networks = {}

    def network(how):
        if how in networks:
            return networks[how]
        if how == "torch":
            unet = UNet2DModel.from_pretrained(folder, subfolder="unet", low_cpu_mem_usage=False).eval()
            networks[how] = lambda sample, timestep: unet(sample, timestep).sample
        else:
            hints = {"INFERENCE_PRECISION_HINT": how.split()[1], "PERFORMANCE_HINT": "LATENCY"}
            if threads:
                hints["INFERENCE_NUM_THREADS"] = threads
            unet_ir = ov.Core().compile_model(path, "CPU", hints)
            networks[how] = lambda sample, timestep: torch.from_numpy(
                unet_ir({"sample": sample.numpy(), "timestep": np.array([timestep], np.float32)})[0]
            )
        return networks[how]

    for line in sys.stdin:
        request = json.loads(line)
        with torch.no_grad():
            seconds = run(network(request["how"]), request["size"], request["steps"])
        print(json.dumps({"seconds": seconds}), flush=True)


def main():
    command, folder, *rest = sys.argv[1:]
    if command == "build":
        build(Path(folder))
    else:
        serve(folder, rest[0], int(rest[1]))


main()
