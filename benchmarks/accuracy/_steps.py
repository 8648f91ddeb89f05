"""Training of shipped weights, step by step; an interrupted one continues."""

import time

import numpy as np
import torch

_WARM_UP = 50


def learning_rate(step, n_steps):
    """Cosine from the highest rate to 0, after a warm-up."""
    return float(min(1, (step + 1) / _WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / n_steps)))


def train_steps(
    net, batches, step_loss, folder, *, lr, n_steps, seed=0, every=100, report=None,
    rate=learning_rate,
):  # fmt: skip
    """Train, or continue from the last checkpoint, to the last of so many steps.

    Parameters
    ----------
    net : torch.nn.Module
        Network, which is trained in place.
    batches : object
        ``batches.draw()`` returns a batch; its random numbers are ``batches.rng``.
    step_loss : callable
        Function of the network and a batch that returns the loss.
    folder : Path
        Folder of the checkpoint.
    lr : float
        Highest learning rate.
    n_steps : int
        Steps of the whole training.
    seed : int, default=0
        Seed.
    every : int, default=100
        Steps between checkpoints.
    report : callable, default=None
        Function of the network that returns what is printed at every fourth checkpoint.
    rate : callable, default=learning_rate
        Function of a step and ``n_steps`` that returns the rate as a part of ``lr``.
    """
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: rate(i, n_steps))
    parts = {"net": net, "optimizer": optimizer, "schedule": schedule}
    checkpoint, first = folder / "checkpoint.pt", 0
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        first = state["step"]
    batches.rng = np.random.default_rng([seed, first] if first else seed)
    started, losses = time.time(), []
    for step in range(first + 1, n_steps + 1):
        loss = step_loss(net, batches.draw())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % every and step < n_steps:
            continue
        state = {name: part.state_dict() for name, part in parts.items()}
        torch.save(state | {"step": step}, checkpoint)
        line = f"{step} {time.time() - started:.0f} s, loss {np.mean(losses[-every:]):.3f}"
        if report is not None and (step % (4 * every) == 0 or step == n_steps):
            line += f", errors {report(net)}"
        print(line, flush=True)
