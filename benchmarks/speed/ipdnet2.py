"""IPDNet2 beside the plain formulation of the same network, on one thread.

A clip of 4 s of five microphones passes through our network and through a plain one with the same
weights: convolutions over (n_samples n_frames, n_units, n_freqs), and a loop over frames that
exponentiates in each. The aims are 1.1 times the best layout that was measured when the network was
designed. The same clip in steps of one frame of 20 ms must give the outputs of the whole clip.
Training steps are forward, backward and AdamW, with our scan and with the plain network.
"""

from functools import partial

import torch
from torch.nn import functional

from benchmarks.timing import compared, in_new_process, peak_memory, timed
from sslearn.networks import IPDNet2

NETWORKS = {"tiny": IPDNet2.tiny(), "small": IPDNet2.small()}
LIMITS = {"tiny": (0.57, 0.1, 0.2), "small": (0.55, 0.15, 0.3)}
FRAMES_PER_SECOND = 50
PLAIN = "plain formulation, same weights"
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


def step_memory(*args):
    """Most memory of a process, in MB, after two steps."""
    step = make_step(*args)
    step()
    step()
    return peak_memory()


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


def measure(run):
    """Forward pass, frames as they come, and training."""
    n_rounds = 1 if run.quick else 6
    for size in NETWORKS:
        _measure_inference(run, size, n_rounds)
        for n_clips, n_seconds in ((2, 1),) if run.quick else ((8, 1), (4, 4)):
            shape = (n_clips, n_seconds)
            ours, plain = (make_step(size, name, *shape) for name in ("ours", "plain"))
            figures = compared(ours, plain, min(2, n_rounds), n=n_clips)
            figures["memory"] = in_new_process(step_memory, size, "ours", *shape)
            settings = {
                "what": f"IPDNet2.{size}(), training step of {n_clips} clips of {n_seconds} s"
            }
            run.add(settings | {"against": PLAIN}, figures)


@torch.inference_mode()
def _measure_inference(run, size, n_rounds):
    ratio, factor, streamed = LIMITS[size]
    module, x = make_module(size).eval(), torch.randn(1, *INPUT)
    whole = module(x)
    figures = compared(partial(module, x), partial(plain_forward, module, x), n_rounds)
    figures["difference"] = (whole - plain_forward(module, x)).abs().max().item()
    settings = {"what": f"IPDNet2.{size}(), a clip of 4 s", "against": PLAIN}
    run.add(settings, figures | {"aim": f"{ratio} times the time or less"})
    figures = {"real time": figures["ours"] / 4000, "aim": f"{factor} or less"}
    run.add({"what": f"IPDNet2.{size}(), offline", "against": "real time"}, figures)
    seconds = timed([partial(stream, module, x)], n_rounds).min()
    figures = {"real time": seconds / 4, "aim": f"{streamed} or less"}
    figures["difference"] = (stream(module, x) - whole).abs().max().item()
    run.add({"what": f"IPDNet2.{size}(), frame by frame", "against": "real time"}, figures)
