"""The published recurrent network after more passes through turned and mirrored sound fields.

Train (or continue) and measure, or see whether it runs::

    python -m benchmarks.accuracy.sphere_training all
    python -m benchmarks.accuracy.sphere_training all --quick

``network`` measures the trained network beside systems that need no training here; ``heads`` trains
dense layers of each published system on its convolutions and recurrent layers. Rooms, clips and
checkpoints stay in ``--cache``. The clips to test are those of ``benchmarks.accuracy.sphere``.
"""

import numpy as np
import torch

from benchmarks.accuracy.sphere.data import read_sounds, render
from benchmarks.accuracy.sphere.training import UNTRAINED, untrained
from benchmarks.accuracy.sphere_training import heads, training
from benchmarks.accuracy.sphere_training.clips import draw_turns
from benchmarks.study import Study
from sslearn import recipes
from sslearn.geometry import unit_vectors_to_angles

TARGETS = ("cartesian", "spherical", "angular", "one_hot", "gibbs", "gibbs_weighted", "unbiased")
SIZES = {
    "blocks": (1, 12),
    "rooms": (6, 250),
    "babble": (4, 400),
    "clips": (48, 24_000),
    "steps": (8, 17_500),
    "validation": (12, 600),
    "test": (12, 1500),
    "head_clips": (48, 12_000),
    "head_epochs": (1, 6),
}


def network(run):
    """Errors of the trained network, of the mean of turned copies, and without training here."""
    net, _, _, curve, test = _trained(run)
    X, first, y = test.X, test.X[:1], test.y[:1]
    _add(run, "cartesian", test, localizer_of(net, X, test.y).predict(X), curve=curve)
    _add(run, "copies", test, turned_copies(net, training.maps_of(X)))
    histograms = recipes.ambisonic_histogram(weights="pretrained").fit(first)
    _add(run, "masked_histogram", test, histograms.predict(X))
    for system in UNTRAINED:
        _add(run, system, test, untrained(system).fit(first, y).predict(X))


def train_heads(run):
    """Errors of heads on the convolutions and recurrent layers of the trained network."""
    args = run.args
    net, pool, (maps, y_val), _, test = _trained(run)
    X, y = heads.turned_features(net, pool, args.head_clips, np.random.default_rng(args.seed))
    X_val, X_test = (
        heads.below_head(net, (part.float() for part in torch.from_numpy(each).split(50)))
        for each in (maps, training.maps_of(test.X))
    )
    for target in TARGETS:
        localizer = heads.trained_head(
            target, X, y, (X_val, y_val), n_epochs=args.head_epochs, seed=args.seed
        )
        _add(run, target, test, localizer.predict(X_test))


def _trained(run):
    """Network, clips to train on and of validation, learning curve, and clips to test."""
    args = run.args
    speech, noise = read_sounds(args.data)
    test = render(
        args.cache / "clips", "test", args.test,
        speech=speech["test"], noise=noise, seed=0, n_jobs=args.n_jobs,
    )  # fmt: skip
    return *training.trained(args, speech, noise), test


def _add(run, system, test, directions, **more):
    """Rows of a system: of all clips, with further figures, and of each condition."""
    for condition, figures in test.figures(directions):
        if condition == "all":
            figures |= more
        settings = {"system": system, "condition": condition}
        run.add(settings, figures, torch=torch.__version__)


def localizer_of(net, X, y):
    """The recipe with the trained weights."""
    localizer = recipes.ambisonic_crnn(device="cpu", max_epochs=0)
    return localizer.set_params(weights=training.weights_of(net)).fit(X[:2], y[:2])


def turned_copies(net, maps, n_copies=8, seed=0):
    """Directions (n, 2): the mean output for turned copies, turned back."""
    rng, total = np.random.default_rng(seed), 0
    for _ in range(n_copies):
        turns = draw_turns(rng, len(maps))
        total = total + training.outputs(net, maps, turns)
    return unit_vectors_to_angles(total)


def options(parser):
    """Add the options of this study."""
    parser.add_argument("--lr", type=float, default=2e-3, help="highest learning rate")


STUDY = Study(
    "sphere_training",
    "How much of the distance between our Cartesian regression on the sphere and the published one "
    "is training?",
    {"network": network, "heads": train_heads},
    sizes=SIZES,
    options=options,
)
main = STUDY.main


if __name__ == "__main__":
    main()
