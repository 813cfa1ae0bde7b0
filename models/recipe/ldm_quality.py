"""PSNR and SSIM of luma of results against the held-out pictures. usage: ldm_quality.py FOLDER SUFFIX..."""

import sys
from pathlib import Path

import numpy as np
from heldout import load, lr_of, metrics, up_of
from PIL import Image

folder, suffixes = Path(sys.argv[1]), sys.argv[2:]
rows = {}
for name, picture in load().items():
    found = {"bicubic": up_of(lr_of(picture))}
    found |= {suffix: np.asarray(Image.open(folder / f"{name}_{suffix}.png").convert("RGB")) for suffix in suffixes}
    rows[name] = {suffix: metrics(pixels, picture) for suffix, pixels in found.items()}
photos = [name for name in rows if name != "page_text"]
for name, row in rows.items():
    print(name, *(f"{suffix} {psnr:.2f}/{ssim:.4f}" for suffix, (psnr, ssim) in row.items()))
for suffix in ("bicubic", *suffixes):
    psnr, ssim = np.mean([rows[name][suffix] for name in photos], axis=0)
    print(f"mean of {len(photos)} photos: {suffix} {psnr:.2f} dB, {ssim:.4f}")
