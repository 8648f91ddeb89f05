"""Networks that are trained for one array, a circle of four microphones, 10 cm wide."""

import time

import numpy as np
import pandas as pd
import torch

from benchmarks.accuracy.any_array import data
from benchmarks.accuracy.any_array.systems import figures
from sslearn import recipes
from sslearn.geometry import circular_array, circular_difference, circular_grid

MICS = circular_array(4, 0.05)


def _clips(args, part, n_clips, seed):
    """Audio and azimuths to train on or to test, rendered once."""
    path = args.cache / f"own_{part}_{n_clips}_{seed}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        sounds = data.read_sounds(args.data, training=part == "train")
        _render(n_clips, seed, sounds).save(path)
    clips = data.Clips.load(path)
    return clips.X, clips.directions[:, 0, 0]


def _render(n_clips, seed, sounds):
    """Clips of the array, a third in each kind of noise, in random order."""
    rng = np.random.default_rng([seed, 4])
    speech, recordings = sounds
    thirds = [
        data.render_array(
            rng,
            "circle",
            MICS,
            n_clips=n_clips // len(data.NOISES),
            noise=noise,
            n_sources=1,
            on_sphere=False,
            sounds=speech,
            recordings=recordings,
        )
        for noise in data.NOISES
    ]
    order = rng.permutation(sum(len(clips.audio) for clips in thirds))
    joined = {
        name: np.concatenate([getattr(clips, name) for clips in thirds])[order]
        for name in ("audio", "sources", "snr", "t60")
    }
    return data.Clips(**joined, mic_positions=MICS, n_angles=1, kind="circle", noise="each a third")


def own_array(run):
    """Networks that are trained for one array, and masked SRP-PHAT as it is."""
    args, seed = run.args, run.args.seed
    torch.set_num_threads(1)
    X, y = _clips(args, "train", args.n_own, seed)
    X_test, y_test = _clips(args, "test", args.n_test, seed + 1)
    further = {"max_epochs": args.further, "random_state": seed}
    systems = {
        "masked_srp_phat": recipes.masked_srp_phat(MICS),
        "masked_srp_phat_network": recipes.masked_srp_phat_network(MICS, **further),
        "phase_network": recipes.phase_network(
            circular_grid(5), max_epochs=args.epochs, random_state=seed
        ),
        "mvdr_wide": recipes.mvdr(MICS, freq_range=(200, 7000)),
        "srp_phat_wide": recipes.srp_phat(MICS, freq_range=(200, 7000)),
    }
    for system, localizer in systems.items():
        start = time.process_time()
        localizer.fit(X, y)
        minutes = (time.process_time() - start) / 60
        error = np.abs(circular_difference(y_test, localizer.predict(X_test)))
        errors = pd.DataFrame({"error": error, "missed": np.isnan(error)})
        run.add({"system": system}, figures(errors) | {"minutes": minutes})
