"""Writes what ldm_train.py trained as a folder for LDMSuperResolutionPipeline, ready for `refinery convert-model ldm`.

usage: ldm_export.py ckpt TARGET

The UNet was trained on latents with mean 0 and spread 1; the codebook and the 1 x 1 convolution behind it take that
scale here, so that no step in between is needed. The encoder's tanh is not part of VQModel: encoding with the saved
folder needs it added; enlarging doesn't encode.
"""

import sys
from pathlib import Path

import torch
from diffusers import DDIMScheduler
from ldm_train import load, make_unet, make_vq, schedule

checkpoints, target = Path(sys.argv[1]), Path(sys.argv[2])
unet = load(make_unet(), checkpoints / "unet.pt").cpu().eval()
vq = load(make_vq(), checkpoints / "vq.pt").cpu().eval()
mean, spread = torch.load(checkpoints / "norm.pt")
with torch.no_grad():
    codes, post = vq.quantize.embedding.weight, vq.post_quant_conv
    # The grid itself: the checkpoint has it in 16 bits.
    codes.copy_((make_vq().quantize.embedding.weight - mean) / spread)
    post.bias.add_(post.weight[:, :, 0, 0] @ mean)
    post.weight.mul_(spread.view(1, 3, 1, 1))
for name, part in (("unet", unet), ("vqvae", vq), ("scheduler", DDIMScheduler(**schedule))):
    part.save_pretrained(target / name)
