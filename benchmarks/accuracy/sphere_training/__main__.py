"""The published recurrent network with more passes through turned and mirrored sound fields.

Train (or continue) and measure, or see whether it runs::

    python -m benchmarks.accuracy.sphere_training
    python -m benchmarks.accuracy.sphere_training --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data. Rooms, clips and checkpoints
stay in ``--cache``. The test is that of ``benchmarks.accuracy.sphere``. JSON, Markdown and the
learning curve are written into ``benchmarks/results``.
"""

import json
import shlex
import sys
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy._budgets import without_folders
from benchmarks.accuracy._data import skipping
from benchmarks.accuracy._report import RESULTS, markdown_table, read_rows, write_results
from benchmarks.accuracy._sphere_data import CONDITIONS, FS, render
from benchmarks.accuracy._sphere_tables import SYSTEMS, orderings, published
from benchmarks.accuracy.sphere import UNTRAINED
from benchmarks.accuracy.sphere_training import heads, training
from benchmarks.accuracy.sphere_training.clips import draw_turns
from benchmarks.accuracy.sphere_training.picture import draw_curve
from sslearn import recipes
from sslearn.geometry import great_circle_distance, unit_vectors_to_angles

COMMAND = ("python", "-m", "benchmarks.accuracy.sphere_training")
TESTS = (1500, 12)
TARGETS = ("cartesian", "spherical", "angular", "one_hot", "gibbs", "gibbs_weighted", "unbiased")
HEAD_SIZES = {"head_clips": (12_000, 96), "head_epochs": (6, 2)}
EARLIER = "R3 of benchmarks.accuracy.sphere: 16 + 3 passes through 6,750 clips"
HEAD = "head: "
NAMES = {
    "trained": "R3 Cartesian, trained here",
    "turned": "the same, mean of 8 turned and mirrored copies",
    "histogram_net": "masked histograms, weights of the package",
}
NOTES = """\
Great-circle errors: share of the clips below 5, 10 and 15 degrees in per cent, mean with its 95 %
confidence interval, and median. {test} clips, those of `benchmarks.accuracy.sphere`, seed 0, with
rooms and speakers of their own; published: (a) speech through measured responses; (b) recordings.

Training: `recipes.ambisonic_crnn`, Cartesian regression, {rooms} rooms, {clips} clips (a third each
clean, in babble and with an interferer, speech and noise drawn for each), turned about the vertical
axis and mirrored anew each time they are used: {steps} steps of {batch} clips, {seen:.1f} passes,
{minutes:.0f} minutes on a shared core, of which {processor:.0f} of processor time. AdamW, {lr:g}
until {constant:.0%} of the steps, then along half a cosine to 0; forward pass in bfloat16; the
statistics of the first batch norm are fixed after 20 batches. Settings were chosen on {validation}
clips of validation (speakers, rooms and seed of their own), which the curve shows. The recordings
of interferers are the same in all parts, as in that study.

{heads}

Learning curve:

{curve}
"""
HEADS = (
    "Rows with *head*: dense layers of each system, trained for {epochs} passes through the "
    "outputs of the trained convolutions and recurrent layers, which stay fixed, for {clips} "
    "clips. Cartesian regression, for which those layers were trained, has the same here."
)


def figures(errors):
    """Columns of the tables of the sphere."""
    shares = {f"< {limit}": 100 * float(np.mean(errors < limit)) for limit in (5, 10, 15)}
    margin = 1.96 * errors.std(ddof=1) / len(errors) ** 0.5
    return shares | {
        "mean": float(errors.mean()),
        "+-": float(margin),
        "median": float(np.median(errors)),
    }


def turned_copies(net, maps, n_copies=8, seed=0):
    """Directions (n, 2): the mean output for turned copies, turned back."""
    rng, total = np.random.default_rng(seed), 0
    for _ in range(n_copies):
        turns = draw_turns(rng, len(maps))
        total = total + training.outputs(net, maps, turns)
    return unit_vectors_to_angles(total)


def localizer_of(net, X, y):
    """The recipe with the trained weights."""
    localizer = recipes.ambisonic_crnn(device="cpu", max_epochs=0)
    return localizer.set_params(weights=training.weights_of(net)).fit(X[:2], y[:2])


def predictions(net, test, maps):
    """Directions by name of the system, of those that need no further training."""
    yield NAMES["trained"], localizer_of(net, test.X, test.y).predict(test.X)
    yield NAMES["turned"], turned_copies(net, maps)
    histograms = recipes.ambisonic_histogram(weights="pretrained").fit(test.X[:1])
    yield NAMES["histogram_net"], histograms.predict(test.X)
    for system, decoder in UNTRAINED.items():
        intensity = recipes.intensity(fs=FS).set_params(decoder=decoder)
        yield SYSTEMS[system], intensity.fit(test.X[:1], test.y[:1]).predict(test.X)


def head_predictions(net, pool, held_out, maps, args):
    """Directions by name of the system, of heads on the trained layers."""
    rng = np.random.default_rng(args.seed)
    X, y = heads.turned_features(net, pool, args.head_clips, rng)
    parts = held_out[0], maps
    X_val, X_test = (
        heads.below_head(net, (part.float() for part in torch.from_numpy(whole).split(50)))
        for whole in parts
    )
    for target in TARGETS:
        localizer = heads.trained_head(
            target, X, y, (X_val, held_out[1]), n_epochs=args.head_epochs, seed=args.seed
        )
        yield target, localizer.predict(X_test)


def rows_of(name, found, test, reference=""):
    """A row for each condition."""
    errors = great_circle_distance(found, test.y)
    rows = []
    for condition in ("all", *CONDITIONS):
        chosen = (condition == "all") | (test.condition == condition)
        row = {"system": name, "test": condition, **figures(errors[chosen])}
        rows.append(row | {"published (a); (b)": reference if condition == "all" else ""})
    return rows


def earlier_rows():
    """Rows of Cartesian regression in the table of the sphere."""
    stored = read_rows("sphere", settings={"test": 1500, "test_seed": 0})
    columns = ("system", "test", "< 5", "< 10", "< 15", "mean", "+-", "median")
    rows = [row for row in stored if row["system"] == SYSTEMS["cartesian"]]
    return [{c: row[c] for c in columns} | {"system": EARLIER} for row in rows]


def measure(args):
    """Train, and yield the rows so far and the learning curve: without heads, then with them."""
    speech, noise = training.sounds(Path(args.data))
    net, pool, held_out, curve = training.trained(args, speech, noise)
    for row in curve:
        row["clips"] = row["step"] * training.BATCH_SIZE
    test = render(
        args.cache / "clips", "test", args.test,
        speech=speech["test"], noise=noise, seed=0, n_jobs=1,
    )  # fmt: skip
    maps = training.maps_of(test.X)
    rows = []
    for name, found in predictions(net, test, maps):
        reference = published("cartesian") if name == NAMES["trained"] else "-"
        rows += rows_of(name, found, test, reference)
        print(rows[-4], flush=True)
    rows += earlier_rows()
    yield rows, curve
    for target, found in head_predictions(net, pool, held_out, maps, args):
        rows += rows_of(f"{HEAD}{SYSTEMS[target]}", found, test, published(target))
        print(rows[-4], flush=True)
    yield rows, curve


def _parse(argv):
    parser = training.training_parser("")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    args = training.parse(parser, argv)
    args.test = TESTS[args.quick]
    for name, values in HEAD_SIZES.items():
        setattr(args, name, values[args.quick])
    args.options = without_folders(sys.argv[1:] if argv is None else argv)
    return args


def _orderings(rows):
    """What holds of the published orderings, among the heads."""
    names = {f"{HEAD}{name}": system for system, name in SYSTEMS.items()}
    names |= {SYSTEMS[system]: system for system in UNTRAINED}
    table = {(names[r["system"]], r["test"]): r for r in rows if r["system"] in names}
    told = [row for row in orderings(table) if row["holds"] != "not run"]
    return markdown_table(told, ("ordering", "holds", "figures")) if told else ""


def _notes(args, rows, curve):
    last = curve[-1] if curve else dict.fromkeys(("minutes", "processor"), 0.0)
    heads_too = any(row["system"].startswith(HEAD) for row in rows)
    text = HEADS.format(epochs=args.head_epochs, clips=args.head_clips)
    return NOTES.format(
        test=args.test,
        rooms=args.blocks * args.rooms,
        clips=args.clips,
        steps=args.steps,
        batch=training.BATCH_SIZE,
        seen=args.steps * training.BATCH_SIZE / args.clips,
        minutes=last["minutes"],
        processor=last["processor"],
        lr=args.lr,
        constant=1 - training.DECAY,
        validation=args.validation,
        heads=f"{text}\n\n{_orderings(rows)}" if heads_too else "",
        curve=markdown_table(curve, ("clips", "minutes", "processor", "median", "mean", "< 5")),
    )


def write(args, rows, curve):
    """Write JSON, Markdown and the picture."""
    name = "sphere_training" + ("_quick" if args.quick else "")
    sizes = {size: getattr(args, size) for size in (*training.SIZES, *HEAD_SIZES)}
    settings = sizes | {"batch_size": training.BATCH_SIZE, "lr": args.lr, "seed": args.seed}
    write_results(
        name,
        "Ambisonic CRNN, turned and mirrored sound fields",
        rows,
        settings=settings | {"torch": torch.__version__},
        command=shlex.join(["python", "-m", "benchmarks.accuracy.sphere_training", *args.options]),
        notes=_notes(args, rows, curve),
        folder=args.out,
    )
    (args.out / f"{name}_curve.json").write_text(json.dumps(curve, indent=1) + "\n")
    levels = {"trained before (its test clips)": 10.5, "published, (a)": 6.4}
    draw_curve(curve, levels, args.out / f"{name}.png")


def main(argv=None):
    """Train what is missing, and measure."""
    args = _parse(argv)
    with skipping("sphere_training"):
        for rows, curve in measure(args):
            write(args, rows, curve)


if __name__ == "__main__":
    main()
