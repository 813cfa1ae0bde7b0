"""Trains the small latent diffusion model: a VQ autoencoder (f = 4), then a UNet beside the small picture.

usage: ldm_train.py vq|unet --seconds N [--data data/ldm] [--checkpoints ckpt] [--compile]

`vq` trains encoder and decoder; `unet` trains on what the encoder makes of all pictures, in 16 forms each. Each goes on
from its checkpoint, if there is one. Seconds count from the program's start. It wants a GPU: an H200 does in a minute
what two cores do in hours.

Values: pictures and small pictures [-1, 1] RGB; latents [-1, 1], 3 channels of the small picture's size.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DModel, VQModel
from PIL import Image

began = time.time()
device = "cuda" if torch.cuda.is_available() else "cpu"
# Finite scalar quantization (Mentzer et al. 2023): the codebook is a grid, so every code is used from the first step.
levels = (32, 16, 16)
schedule = dict(
    num_train_timesteps=1000, beta_start=0.0015, beta_end=0.0155, beta_schedule="scaled_linear", clip_sample=False
)


def make_vq():
    """No attention: the decoder sees a fixed neighbourhood, so that tiles equal the whole."""
    vq = VQModel(
        in_channels=3, out_channels=3, latent_channels=3, vq_embed_dim=3, num_vq_embeddings=math.prod(levels),
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(48, 96, 128), layers_per_block=1, norm_num_groups=8, sample_size=256,
        mid_block_add_attention=False,
    )
    axes = [torch.linspace(-1, 1, count) for count in levels]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    vq.quantize.embedding.weight.data.copy_(grid)
    vq.quantize.embedding.weight.requires_grad_(False)
    return vq


def make_unet():
    return UNet2DModel(
        sample_size=64, in_channels=6, out_channels=3, block_out_channels=(64, 96, 112), layers_per_block=2,
        down_block_types=("DownBlock2D",) * 3, up_block_types=("UpBlock2D",) * 3, norm_num_groups=8, norm_eps=1e-5,
        add_attention=False,
    )


class Encoder(torch.nn.Module):
    """Picture -> latents before they are rounded."""

    def __init__(self, vq):
        super().__init__()
        self.encoder, self.quant = vq.encoder, vq.quant_conv

    def forward(self, picture):
        return torch.tanh(self.quant(self.encoder(picture)))


class Decoder(torch.nn.Module):
    """Latents -> picture, with the gradient passed through the rounding."""

    def __init__(self, vq):
        super().__init__()
        self.post, self.decoder = vq.post_quant_conv, vq.decoder
        self.register_buffer("steps", torch.tensor([count - 1 for count in levels]).float().view(1, 3, 1, 1))

    def forward(self, latents):
        codes = torch.round((latents.clamp(-1, 1) + 1) / 2 * self.steps) / self.steps * 2 - 1
        return self.decoder(self.post(latents + (codes - latents).detach()))


class Autoencoder(torch.nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, picture, noise):
        """noise: added to the latents, so that the decoder forgives what the UNet does to them."""
        return self.decoder(self.encoder(picture) + noise)


def smaller(picture):
    """The small picture: bicubic with antialiasing as PIL's, in 256 steps."""
    small = F.interpolate(picture, scale_factor=0.25, mode="bicubic", antialias=True, align_corners=False)
    return torch.round(small.clamp(-1, 1) * 127.5 + 127.5) / 127.5 - 1


def larger(small):
    return F.interpolate(small, scale_factor=4, mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)


def read_pictures(folder):
    """@returns pictures u8 [height, width, 3] on the device, and how often each is taken."""
    weights = json.loads((folder / "weights.json").read_text())
    pictures = []
    for name in weights:
        pixels = np.asarray(Image.open(folder / f"{name}.jpg").convert("RGB"))
        height, width = (side // 32 * 32 for side in pixels.shape[:2])
        pictures.append(torch.from_numpy(pixels[:height, :width].copy()).to(device))
    return pictures, list(weights.values())


def as_float(pixels):
    """u8 [height, width, 3] -> [1, 3, height, width]"""
    return pixels.permute(2, 0, 1)[None].float() / 127.5 - 1


class Places:
    """Where crops may begin in pictures that lie one behind the other; drawn where there is something to learn."""

    def __init__(self):
        self.places, self.chances = [], []

    def add(self, picture, small, window, stride, unit, offset, weight):
        """Upper left corners in one picture.

        picture, small: [1, 3, height, width]; window, stride: pixels of the picture; unit: how many pixels of it are
        one of what lies at offset.
        """
        missing = (picture - larger(small)).abs().mean(1, keepdim=True) * 127.5
        detail = F.avg_pool2d(missing, window, stride)[0, 0].clamp(0.2, 12) ** 0.75 * weight
        rows, columns = torch.meshgrid(*(torch.arange(n, device=device) for n in detail.shape), indexing="ij")
        width, step = picture.shape[3] // unit, stride // unit
        place = [torch.full_like(rows, offset), torch.full_like(rows, width), rows * step, columns * step]
        self.places.append(torch.stack(place, -1).reshape(-1, 4))
        self.chances.append(detail.reshape(-1))

    def close(self):
        self.places, self.sums = torch.cat(self.places), torch.cat(self.chances).double().cumsum(0)
        return self

    def draw(self, count):
        """@returns offset, width, top and left of each."""
        chosen = torch.searchsorted(self.sums, torch.rand(count, device=device, dtype=torch.float64) * self.sums[-1])
        return self.places[chosen.clamp(max=len(self.places) - 1)].unbind(1)


class Crops:
    """Crops of pictures of different sizes."""

    def __init__(self, pictures, weights, side):
        """pictures: u8 [height, width, 3]; side: of a crop, in pixels."""
        self.side = side
        self.flat = torch.cat([picture.reshape(-1, 3) for picture in pictures])
        self.places, offset = Places(), 0
        for picture, weight in zip(pictures, weights):
            height, width = picture.shape[:2]
            if min(height, width) >= side:
                whole = as_float(picture)
                self.places.add(whole, smaller(whole), side, 16, 1, offset, weight)
            offset += height * width
        self.places.close()

    def draw(self, count):
        """@returns [count, 3, side, side], turned, mirrored, and some with their colours exchanged."""
        offset, width, top, left = self.places.draw(count)
        line = torch.arange(self.side, device=device)
        coin = lambda: torch.rand(count, 1, device=device) < 0.5
        down = torch.where(coin(), line.flip(0), line)
        along = torch.where(coin(), line.flip(0), line)
        turned = coin()[..., None]
        row = torch.where(turned, along[:, None, :], down[:, :, None])
        column = torch.where(turned, down[:, :, None], along[:, None, :])
        at = offset[:, None, None] + (top[:, None, None] + row) * width[:, None, None] + left[:, None, None] + column
        pixels = self.flat[at].permute(0, 3, 1, 2).float() / 127.5 - 1
        orders = torch.argsort(torch.rand(count, 3, device=device), 1)
        plain = torch.rand(count, 1, device=device) < 0.75
        orders = torch.where(plain, torch.arange(3, device=device), orders)
        return torch.gather(pixels, 1, orders[:, :, None, None].expand_as(pixels))


class Latents:
    """What the encoder makes of all pictures: turned and mirrored in all 8 ways, each with two orders of colours."""

    def __init__(self, pictures, weights, encode, side):
        self.side = side
        self.places, both, offset = Places(), [], 0
        generator = torch.Generator().manual_seed(0)
        for picture, weight in zip(pictures, weights):
            for form in range(16):
                whole = as_float(picture)
                if form >= 8:
                    whole = whole[:, torch.randperm(3, generator=generator).tolist()]
                whole = whole.transpose(2, 3) if form & 1 else whole
                whole = whole.flip([axis for axis, bit in ((2, 2), (3, 4)) if form & bit])
                small = smaller(whole)
                if min(small.shape[2:]) < side:
                    continue
                both.append(torch.cat([encode(whole), small], 1)[0].permute(1, 2, 0).reshape(-1, 6).half())
                # The plain order of colours three times as often.
                self.places.add(whole, small, 4 * side, 32, 4, offset, weight * (3 if form < 8 else 1))
                offset += small.shape[2] * small.shape[3]
        self.flat = torch.cat(both)
        self.places.close()

    def draw(self, count):
        """@returns latents and small pictures, each [count, 3, side, side]."""
        offset, width, top, left = self.places.draw(count)
        jitter = torch.randint(0, 8, (2, count), device=device)
        top, left = (top - jitter[0]).clamp(min=0), (left - jitter[1]).clamp(min=0)
        line = torch.arange(self.side, device=device)
        row, column = top[:, None, None] + line[:, None], left[:, None, None] + line
        at = offset[:, None, None] + row * width[:, None, None] + column
        return self.flat[at].float().permute(0, 3, 1, 2).chunk(2, 1)


luma_table = [
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
]
chroma_table = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


class Wear:
    """What small pictures suffer in life: light blur, noise, and JPEG's rounding (ITU-T T.81, its example tables)."""

    def __init__(self):
        n = torch.arange(8, dtype=torch.float64)
        dct = torch.cos((2 * n[None] + 1) * n[:, None] * math.pi / 16) / 2
        dct[0] /= math.sqrt(2)
        self.dct = dct.float().to(device)
        chroma = torch.full((8, 8), 99.0)
        chroma[:4, :4] = torch.tensor(chroma_table)
        self.tables = torch.stack([torch.tensor(luma_table).float(), chroma, chroma]).to(device)
        self.to_ycc = torch.tensor(
            [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], device=device
        )

    def jpeg(self, small, quality):
        """small: [-1, 1], sides multiples of 16; quality: [count], 1 to 100."""
        count, _, height, width = small.shape
        scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
        tables = (self.tables[None] * scale.view(-1, 1, 1, 1)).round().clamp(min=1)
        ycc = torch.einsum("dc,nchw->ndhw", self.to_ycc, small * 127.5)
        if np.random.rand() < 0.5:
            halved = F.interpolate(F.avg_pool2d(ycc[:, 1:], 2), scale_factor=2, mode="bilinear", align_corners=False)
            ycc = torch.cat([ycc[:, :1], halved], 1)
        blocks = ycc.reshape(count, 3, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
        found = self.dct @ blocks @ self.dct.t()
        step = tables[:, :, None, None]
        blocks = self.dct.t() @ (torch.round(found / step) * step) @ self.dct
        ycc = blocks.permute(0, 1, 2, 4, 3, 5).reshape(count, 3, height, width)
        return torch.einsum("cd,ndhw->nchw", torch.linalg.inv(self.to_ycc), ycc) / 127.5

    def __call__(self, small):
        """Leaves three of five as they are."""
        count = len(small)
        chance = lambda part: torch.rand(count, 1, 1, 1, device=device) < part
        worn = chance(0.4)
        blurred = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, 1)
        mixed = torch.lerp(small, blurred, torch.rand(count, 1, 1, 1, device=device) * 0.6)
        changed = torch.where(chance(0.3), mixed, small)
        strength = torch.rand(count, 1, 1, 1, device=device) * 5 / 127.5
        noise = torch.randn_like(small) * strength
        changed = torch.where(chance(0.5), changed + noise, changed)
        shift = tuple(np.random.randint(0, 8, 2).tolist())
        quality = 60 + 36 * torch.rand(count, device=device)
        packed = self.jpeg(changed.roll(shift, (2, 3)), quality).roll((-shift[0], -shift[1]), (2, 3))
        changed = torch.where(chance(0.7), packed, changed)
        changed = torch.round(changed.clamp(-1, 1) * 127.5 + 127.5) / 127.5 - 1
        return torch.where(worn, changed, small)


class Average:
    """Weights averaged over steps."""

    def __init__(self, module, most):
        self.module, self.most, self.count = module, most, 0
        self.kept = [weight.detach().clone() for weight in module.parameters()]

    @torch.no_grad()
    def update(self):
        self.count += 1
        decay = min(self.most, (1 + self.count) / (10 + self.count))
        torch._foreach_lerp_(self.kept, [weight.detach() for weight in self.module.parameters()], 1 - decay)

    @torch.no_grad()
    def swap(self):
        for weight, kept in zip(self.module.parameters(), self.kept):
            held = weight.detach().clone()
            weight.copy_(kept)
            kept.copy_(held)


class Clock:
    def __init__(self, seconds):
        """seconds: from the program's start, so that reading and compiling count."""
        self.start, self.told = time.time(), 0
        self.seconds = max(1, began + seconds - self.start)

    def rate(self, highest, step, warm):
        """Learning rate: a rise, then along a cosine down to zero."""
        fraction = min(1, (time.time() - self.start) / self.seconds)
        return highest * min(1, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * fraction))

    def over(self):
        return time.time() - self.start >= self.seconds

    def tell(self, every=15):
        passed = time.time() - self.start
        if passed - self.told < every:
            return False
        self.told = passed
        return True


def autocast():
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda")


def compiled(module, wanted):
    return torch.compile(module) if wanted else module


def optimizer(parameters, rate):
    return torch.optim.AdamW(parameters, rate, betas=(0.9, 0.99), weight_decay=0, fused=device == "cuda")


def put(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def psnr(found, wanted):
    """Over luma as ITU-R BT.601, edge of 4 pixels left out; values [-1, 1]."""
    luma = torch.tensor([65.481, 128.553, 24.966], device=found.device).view(1, 3, 1, 1) / 510
    error = ((found.clamp(-1, 1) - wanted) * luma).sum(1)[..., 4:-4, 4:-4].square().mean()
    return float(10 * torch.log10(1 / error))


def edges(picture):
    return picture[..., 1:, :] - picture[..., :-1, :], picture[..., 1:] - picture[..., :-1]


def difference(found, wanted):
    """L1 of values, and half of that of the differences between neighbours, which keeps edges."""
    steep = sum((a - b).abs().mean() for a, b in zip(edges(found), edges(wanted)))
    return (found - wanted).abs().mean() + 0.5 * steep


def watched(pictures):
    """Parts of four pictures that are told about; they are trained on, the held-out ones lie elsewhere."""
    return [as_float(picture[:512, :512]) for picture in pictures[3 :: len(pictures) // 4]]


def save(module, file):
    """In 16 bits, as the IR keeps them; whoever reads the file meanwhile finds the last one whole."""
    waiting = file.with_suffix(".tmp")
    torch.save({key: value.half() for key, value in module.state_dict().items()}, waiting)
    waiting.replace(file)


def load(module, file):
    if file.exists():
        module.load_state_dict({key: value.float() for key, value in torch.load(file, map_location="cpu").items()})
    return module.to(device)


def train_vq(options, pictures, weights):
    vq = load(make_vq(), options.checkpoints / "vq.pt")
    model = Autoencoder(Encoder(vq), Decoder(vq)).to(device, memory_format=torch.channels_last)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    average, crops = Average(model, 0.998), Crops(pictures, weights, 128)
    steps, run = optimizer(trained, 1e-3), compiled(model, options.compile)
    clock, step = Clock(options.seconds), 0
    while not clock.over():
        put(steps, clock.rate(1e-3, step, 100))
        with torch.no_grad():
            wanted = crops.draw(options.batch).contiguous(memory_format=torch.channels_last)
            strength = torch.rand(options.batch, 1, 1, 1, device=device).square() * 0.15
            noise = torch.randn(options.batch, 3, 32, 32, device=device) * strength
        with autocast():
            found = run(wanted, noise)
        loss = difference(found.float(), wanted)
        steps.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        steps.step()
        average.update()
        step += 1
        if step in (1, 20) or clock.tell():
            print(f"vq {time.time() - clock.start:.0f} s, step {step}, loss {loss.item():.4f}", flush=True)
    average.swap()
    model.eval()
    with torch.no_grad():
        for picture in watched(pictures):
            again = psnr(model(picture, 0), picture)
            print(f"again {again:.2f} dB, bicubic {psnr(larger(smaller(picture)), picture):.2f} dB")
        latents = model.encoder(watched(pictures)[0])
        print("latents: mean", latents.mean((0, 2, 3)).tolist(), "spread", latents.std((0, 2, 3)).tolist())
    save(vq, options.checkpoints / "vq.pt")


@torch.no_grad()
def sample(unet, small, count):
    """DDIM from noise to latents."""
    scheduler = DDIMScheduler(**schedule)
    scheduler.set_timesteps(count)
    latents = torch.randn(small.shape, generator=torch.Generator().manual_seed(0)).to(device)
    for timestep in scheduler.timesteps:
        noise = unet(torch.cat([latents, small], 1), timestep.to(device)).sample
        latents = scheduler.step(noise.float(), timestep, latents).prev_sample
    return latents


def train_unet(options, pictures, weights):
    vq = load(make_vq(), options.checkpoints / "vq.pt").eval()
    encoder, decoder = Encoder(vq).to(device), Decoder(vq).to(device)
    unet = load(make_unet(), options.checkpoints / "unet.pt")
    unet = unet.to(device, memory_format=torch.channels_last)
    with torch.no_grad(), autocast():
        data = Latents(pictures, weights, encoder, 48)
    # Noise is mixed into latents of mean 0 and spread 1; ldm_export.py puts the scale into the decoder.
    mean, spread = data.flat[:, :3].float().mean(0), data.flat[:, :3].float().std(0)
    torch.save((mean.cpu(), spread.cpu()), options.checkpoints / "norm.pt")
    data.flat[:, :3] = ((data.flat[:, :3].float() - mean) / spread).half()
    mean, spread = mean.view(1, 3, 1, 1), spread.view(1, 3, 1, 1)
    print(f"{len(data.flat) / 1e6:.0f} M latents after {time.time() - began:.0f} s", flush=True)
    # Not before: it would try every size of picture, which takes a minute.
    torch.backends.cudnn.benchmark = True
    average, wear = Average(unet, 0.9995), Wear()
    kept = DDIMScheduler(**schedule).alphas_cumprod.to(device)
    # Every noise level counts alike up to a ratio of 5 (Hang et al. 2023), which learns the larger forms sooner.
    counts = (5 * (1 - kept) / kept).clamp(max=1)
    steps, run = optimizer(unet.parameters(), 6e-4), compiled(unet, options.compile)
    clock, step, saved = Clock(options.seconds), 0, 0
    while not clock.over():
        put(steps, clock.rate(6e-4, step, 200))
        with torch.no_grad():
            latents, small = data.draw(options.batch)
            small = wear(small)
            # Timesteps spread over the batch, so that the loss varies less.
            timestep = ((torch.arange(options.batch, device=device) + torch.rand(1, device=device)) % options.batch)
            timestep = (timestep * (1000 / options.batch)).long().clamp(max=999)
            timestep = timestep[torch.randperm(options.batch, device=device)]
            noise, part = torch.randn_like(latents), kept[timestep].view(-1, 1, 1, 1)
            noisy = part.sqrt() * latents + (1 - part).sqrt() * noise
            given = torch.cat([noisy, small], 1).contiguous(memory_format=torch.channels_last)
        with autocast():
            found = run(given, timestep).sample
        loss = ((found.float() - noise).square().mean((1, 2, 3)) * counts[timestep]).mean()
        steps.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        steps.step()
        average.update()
        step += 1
        if step in (1, 20) or clock.tell():
            print(f"unet {time.time() - clock.start:.0f} s, step {step}, loss {loss.item():.4f}", flush=True)
            if time.time() - saved > 60:
                saved = time.time()
                average.swap()
                save(unet, options.checkpoints / "unet.pt")
                average.swap()
    average.swap()
    save(unet, options.checkpoints / "unet.pt")
    unet.eval()
    for count in (5, 20):
        found = [psnr(decoder(sample(unet, smaller(picture), count) * spread + mean), picture) for picture in watched(pictures)]
        print(count, "steps:", [round(value, 2) for value in found], "dB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", choices=("vq", "unet"))
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--data", type=Path, default=Path("data/ldm"))
    parser.add_argument("--checkpoints", type=Path, default=Path("ckpt"))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    options.checkpoints.mkdir(parents=True, exist_ok=True)
    options.batch = options.batch or {"vq": 32, "unet": 96}[options.stage]
    torch.manual_seed(0)
    np.random.seed(0)
    torch.backends.cudnn.benchmark = options.stage != "unet"
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    pictures, weights = read_pictures(options.data)
    print(len(pictures), "pictures on", device, os.cpu_count(), "processors", flush=True)
    {"vq": train_vq, "unet": train_unet}[options.stage](options, pictures, weights)


if __name__ == "__main__":
    main()
