"""IPDNet2 beside the plain formulation of the same network: time of a forward pass, of frames as
they come, and of training, on one thread.

Run with ``python -m benchmarks.speed.ipdnet2``, or with one of its parts.

``forward``: a clip of 4 s of five microphones through our network and through a plain one with the
same weights: convolutions over (n_samples n_frames, n_units, n_freqs), and a loop over frames that
exponentiates in each. Their ratio must be at most 0.57 (tiny) and 0.55 (small): 1.1 times that of
the best layout that was measured when the network was designed. The real-time factor must be at
most 0.1 and 0.15.

``stream``: the same clip in steps of one frame, 20 ms. The real-time factor must be at most 0.2
and 0.3, and the outputs equal to those of the whole clip.

``training``: a step (forward, backward, AdamW) on clips of 1 s and of 4 s, with our scan and with
the plain network, and the most memory that a process needs for it.

Times are the best processor times of interleaved runs: other programs on the machine disturb them
less than the clock on the wall.
"""

import argparse
import re
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch
from torch.nn import functional

from benchmarks.timing import timed
from sslearn.networks import IPDNet2

NETWORKS = {"tiny": IPDNet2.tiny(), "small": IPDNet2.small()}
LIMITS = {"tiny": (0.57, 0.1, 0.2), "small": (0.55, 0.15, 0.3)}
FRAMES_PER_SECOND = 50
INPUT, OUTPUT = (10, 256, 201), (2, 2048)


def make_module(size):
    """A network with random weights."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return NETWORKS[size].build(INPUT, OUTPUT)


def plain_forward(module, x):
    """Outputs of a module by its weights alone, in the plain formulation."""
    stages = module.stages
    x = _plain_encoder(stages["encoder"].conv, x)
    for name, stage in stages.items():
        if name.startswith("layer"):
            x = _plain_layer(stage, x)
        elif name == "time_pooling":
            n_used = x.shape[1] // stage.size * stage.size
            x = x[:, :n_used].unflatten(1, (-1, stage.size)).mean(2)
    return module.outputs(module.expansion(x.transpose(0, 1)).permute(1, 3, 0, 2))


def _plain_encoder(conv, x):
    bins = functional.pad(x.transpose(1, 2).flatten(0, 1), (conv.kernel_size[0] - 1, 0))
    y = functional.conv1d(bins, conv.weight.squeeze(3), conv.bias)
    return y.unflatten(0, (len(x), -1)).permute(0, 3, 1, 2)


def _plain_layer(layer, x):
    first, second, third = layer.pooling
    x = _plain_conv(layer.conv1, _plain_average(x, first))
    x = layer.linear(_plain_average(x, second))
    x = _plain_average(_plain_conv(layer.conv2, x), third)
    for block in layer.mambas:
        rows = block.norm(x).transpose(1, 2).flatten(0, 1)
        y = plain_mamba(block.mamba, rows)
        x = x + y.unflatten(0, (len(x), -1)).transpose(1, 2)
    return x


def _plain_average(x, size):
    return x.unflatten(2, (-1, size)).mean(3)


def _plain_conv(layer, x):
    rows = layer.norm(x).flatten(0, 1).transpose(1, 2)
    weight, groups = layer.conv.weight.squeeze(2), layer.conv.groups
    y = functional.conv1d(rows, weight, layer.conv.bias, padding="same", groups=groups)
    y = functional.prelu(y, layer.slope)
    return x + y.transpose(1, 2).unflatten(0, x.shape[:2])


def plain_mamba(mamba, x):
    """Mamba block over (n_samples, n_frames, n_units), with a plain loop."""
    ssm = mamba.ssm
    v, z = mamba.in_proj(x).chunk(2, dim=-1)
    padded = functional.pad(v.transpose(1, 2), (ssm.conv1d.weight.shape[2] - 1, 0))
    u = functional.conv1d(padded, ssm.conv1d.weight, ssm.conv1d.bias, groups=v.shape[2])
    u = functional.silu(u.transpose(1, 2))
    sizes = (ssm.dt_proj.in_features, ssm.A_log.shape[1], ssm.A_log.shape[1])
    d, B, C = ssm.x_proj(u).split(sizes, dim=-1)
    delta = functional.softplus(ssm.dt_proj(d))
    A, h, outputs = -ssm.A_log.exp(), u.new_zeros(len(u), *ssm.A_log.shape), []
    frames = zip(*(tensor.unbind(1) for tensor in (u, delta, B, C)), strict=True)
    for u_t, delta_t, B_t, C_t in frames:
        h = torch.exp(delta_t[..., None] * A) * h + (delta_t * u_t)[..., None] * B_t[:, None]
        outputs.append((h * C_t[:, None]).sum(-1))
    y = torch.stack(outputs, 1) + ssm.D * u
    return mamba.out_proj(y * functional.silu(z))


def seconds(*functions, repeat=5):
    """Best processor times of functions that take turns."""
    return timed(functions, repeat + 1)[1:].min(axis=0)  # the first round warms up


def stream(module, x):
    """Outputs of a clip that comes frame by frame."""
    state, outputs = module.initial_state(len(x)), []
    for frame in x.split(1, dim=3):
        y, state = module.step(frame, state)
        outputs.append(y)
    return torch.cat(outputs, 1)


def train_step(forward, module, optimizer, x):
    """One training step with a loss that stands for any."""
    optimizer.zero_grad()
    forward(x).square().mean().backward()
    optimizer.step()


def make_step(size, formulation, n_clips, n_seconds):
    """A training step of a formulation of a network."""
    module = make_module(size)
    forward = module if formulation == "ours" else partial(plain_forward, module)
    x = torch.randn(n_clips, *INPUT[:2], FRAMES_PER_SECOND * n_seconds + 1)
    optimizer = torch.optim.AdamW(module.parameters(), fused=True)
    return partial(train_step, forward, module, optimizer, x)


def peak_memory(*args):
    """Most memory of a process, in MB, after two steps."""
    step = make_step(*args)
    step()
    step()
    status = Path("/proc/self/status").read_text()  # getrusage would count the parent, too
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6


class Networks:
    """The same for asv."""

    params = tuple(NETWORKS)
    param_names = ("network",)
    timeout = 600

    def setup(self, size):
        self.module = make_module(size).eval()
        self.x = torch.randn(1, *INPUT)
        self.step = make_step(size, "ours", 4, 1)

    @torch.inference_mode()
    def time_forward(self, size):
        self.module(self.x)

    @torch.inference_mode()
    def time_plain_forward(self, size):
        plain_forward(self.module, self.x)

    @torch.inference_mode()
    def time_stream(self, size):
        stream(self.module, self.x)

    def time_training_step(self, size):
        self.step()


def print_forward(args):
    """Print times of a clip of 4 s, their ratio and the real-time factor."""
    for size in args.sizes:
        module, x = make_module(size).eval(), torch.randn(1, *INPUT)
        with torch.inference_mode():
            error = (module(x) - plain_forward(module, x)).abs().max()
            ours, plain = seconds(
                partial(module, x), partial(plain_forward, module, x), repeat=args.repeat
            )
        ratio, factor, _ = LIMITS[size]
        print(f"{size}: 4 s in {1e3 * ours:.0f} ms, plain {1e3 * plain:.0f} ms,", end=" ")
        print(f"ratio {ours / plain:.2f} (<= {ratio}); real-time factor {ours / 4:.3f}", end=" ")
        print(f"(<= {factor}); largest difference {error:.1e}")


def print_stream(args):
    """Print the time of a frame, and the real-time factor."""
    for size in args.sizes:
        module, x = make_module(size).eval(), torch.randn(1, *INPUT)
        with torch.inference_mode():
            error = (stream(module, x) - module(x)).abs().max()
            (of_clip,) = seconds(partial(stream, module, x), repeat=args.repeat)
        print(f"{size}: {1e3 * of_clip / INPUT[2]:.2f} ms for a frame of 20 ms,", end=" ")
        print(f"real-time factor {of_clip / 4:.3f} (<= {LIMITS[size][2]});", end=" ")
        print(f"largest difference {error:.1e} (<= 1e-5)")


def print_training(args):
    """Print times of training for each clip, and peak memory."""
    context = get_context("spawn")
    for size in args.sizes:
        for n_clips, n_seconds in ((8, 1), (4, 4)):
            shape = (n_clips, n_seconds)
            steps = [make_step(size, name, *shape) for name in ("ours", "plain")]
            times = seconds(*steps, repeat=min(2, args.repeat)) / n_clips
            del steps
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                memory = pool.submit(peak_memory, size, "ours", *shape).result()
            print(f"{size}: {n_clips} clips of {n_seconds} s: {times[0]:.3f} s a clip,", end=" ")
            print(f"plain {times[1]:.3f} s; at most {memory:.0f} MB in ours")


PARTS = {"forward": print_forward, "stream": print_stream, "training": print_training}


def main():
    """Print the figures of all parts, or of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--sizes", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    for part in args.parts or PARTS:
        PARTS[part](args)


if __name__ == "__main__":
    main()
