"""Which clips the neighbours are taken from: those of the training alone, or the held-out too."""

from copy import deepcopy

from sklearn.model_selection import train_test_split

from benchmarks.accuracy._binaural_data import varying_rooms
from benchmarks.accuracy.contrastive.bench import embed

NOTES = (
    "Medians of the absolute error, in degrees. Varying rooms; 30 % of the clips are held out "
    "to choose the epoch. All clips: the neighbours are the clips of the training and those that "
    "were held out. Training part: of the same network, without the clips that were held out, as "
    "in the paper. Refit: a second training on all clips, for as many epochs as were best in the "
    "first; the neighbours are all of them."
)


def bank(bench):
    """Neighbours of the training part, of all clips, or after a training on all (5.2.1)."""
    first = bench.seed
    for seed in range(first, first + bench.size(2, 1)):
        # Other rooms, clips and weights.
        bench.seed = seed
        train, tests = varying_rooms(bench, bench.size(bench.args.train, 600), suffixes=("",))
        X, X_val, y, y_val = train_test_split(*train, test_size=0.3, random_state=seed)
        for system in ("SCE_sim5", "WSCE_sim15"):
            part, _ = bench.fit(system, (X, y), valid=(X_val, y_val))
            both = deepcopy(part)
            both[2].fit(embed(both, train[0]), train[1])
            banks = {"training part": part, "all clips": both}
            banks["refit"] = bench.fit(system, train, validation_fraction=0.3, refit=True)[0]
            for name, model in banks.items():
                bench.add(system, model, tests, neighbours=name, seed=seed)
            bench.write("bank", "Clips that the neighbours are taken from", NOTES)
    bench.seed = first
