"""Tables: systems of the fixed room, dropout, parts of the training set, personal training."""

from copy import deepcopy

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.accuracy._binaural_data import render_heads
from benchmarks.accuracy._data import MissingDataError, read
from benchmarks.accuracy.contrastive.bench import FIXED_EPOCHS, embed
from sslearn import datasets
from sslearn.simulation import make_shoebox_rooms

MEDIANS = "Medians of the absolute error, in degrees; the paper's beside them where they are known."
SETS = (
    "Fixed room: the head turns before the source; 1 s of white noise from each of 4,095 "
    "directions, tested on 2 s of speech from 1,000 of them, with sensor noise and without. "
    "Varying rooms: 2 s of white noise in 16 rooms, the head at a new place and facing a new way "
    "in each clip; test 1 in the same rooms, test 2 in 200 others, 2,000 clips each."
)


def fixed(bench):
    """All systems in the fixed room (figure 3)."""
    systems = ["SCE_sim5", "SCE_sim15", "WSCE_sim5", "WSCE_sim15", "WSCE_sim30"]
    train, tests = bench.fixed_room()
    for system in [*systems, "feed-forward", "LEM"]:
        model, seconds = bench.fit(system, train, epochs=FIXED_EPOCHS)
        bench.add(system, model, tests, published="fixed room", **{"fit s": round(seconds)})
        bench.write("fixed", "All systems in the fixed room", f"{MEDIANS} {SETS}")


def dropout(bench):
    """Dropout of 0, 0.2, 0.5 and 0.8 (figure 2)."""
    for name, train, tests in bench.sets():
        for system in ("SCE_sim5", "SCE_sim15", "feed-forward"):
            for share in bench.size((0.0, 0.2, 0.5, 0.8), (0.0, 0.8)):
                model, _ = bench.fit(system, train, network__dropout=share)
                columns = {"set": name, "dropout": share, "validation": _validation(model)}
                bench.add(system, model, tests, **columns)
            bench.write(
                "dropout",
                "Share of the units that are dropped",
                f"{MEDIANS} {SETS} Validation: lowest error on the 10 % of the clips that are "
                "held out: of SCE the average of both angles, otherwise the great circle.",
            )


def _validation(model):
    """Lowest validation error, averaged over the networks of a system."""
    history = model[1].history_
    network = history.get("network", np.zeros(len(history["epoch"])))
    return float(np.mean([history["valid_error"][network == k].min() for k in np.unique(network)]))


def reduced(bench):
    """Parts of 10, 25, 50 and 70 % of the training set (figure 4)."""
    for name, train, tests in bench.sets():
        for share in bench.size((0.1, 0.25, 0.5, 0.7, 1.0), (0.25, 1.0)):
            part = train
            if share < 1:
                X, _, y, _ = train_test_split(*train, train_size=share, random_state=bench.seed)
                part = X, y
            # A part has at most twice the epochs of the whole set.
            factor = min(2, 1 / share)
            for system in ("SCE_sim5", "feed-forward", "LEM"):
                model, _ = bench.fit(system, part, epochs=factor)
                label = f"{100 * share:.0f} %"
                published = f"{label} of the training set" if name == "fixed room" else "-"
                columns = {"set": name, "part": label, "clips": len(part[0])}
                bench.add(system, model, tests, published=published, **columns)
            bench.write("reduced", "Parts of the training set", f"{MEDIANS} {SETS}")


def people(bench):
    """Subjects of CIPIC who are trained on, the two KEMARs among them, and those who are not."""
    subjects = read(datasets.list_cipic_subjects, bench.data / "cipic")
    manikins = [s for s in ("021", "165") if s in subjects]
    others = [s for s in subjects if s not in manikins]
    if not others:
        raise MissingDataError("cipic holds no head to test on besides those of KEMAR")
    return manikins + [s for s in others if s not in others[::4]], others[::4]


def personal(bench):
    """A network of many heads, continued on one person (section 5.5)."""
    seen, new = people(bench)
    rooms = make_shoebox_rooms(16, random_state=bench.seed)
    n_many, n_test = bench.size(bench.args.train, 600), bench.size(1000, 80)
    heads = [bench.head(s) for s in seen]
    many = render_heads(bench, n_many, heads, 20, rooms)
    for system in ("SCE_sim5", "WSCE_sim15"):
        general, _ = bench.fit(system, many)
        for i, subject in enumerate(new[: bench.size(3, 1)]):
            head = [bench.head(subject)]
            own = render_heads(bench, bench.size(1000, 100), head, 30 + i, rooms)
            test = {"new places": render_heads(bench, n_test, head, 40 + i, rooms)}
            columns = {"person": subject}
            bench.add(system, general, test, training="other heads", clips=0, **columns)
            for n in bench.size((250, 1000), (100,)):
                mine = own[0][:n], own[1][:n]
                ways = {
                    "other heads, person's neighbours": _moved(general, mine),
                    "other heads, continued": bench.proceed(general, mine),
                    "person alone": bench.fit(system, mine, epochs=2)[0],
                }
                for name, model in ways.items():
                    bench.add(system, model, test, training=name, clips=n, **columns)
            bench.write("personal", "A network of many heads for one person", PERSONAL)


PERSONAL = (
    f"{MEDIANS} Other heads: 26 heads, clips of 2 s of white noise in 16 rooms; the persons "
    "are not among them. Clips: of the person, in these rooms. Person's neighbours: the network "
    "stays as it is, and the neighbours are the clips of the person. Continued: the network is "
    "trained on the clips of the person from there on, at a tenth of the learning rate, half as "
    "many epochs; the neighbours are these clips."
)


def _moved(model, clips):
    """Copy of a model whose neighbours are other clips."""
    model = deepcopy(model)
    model[2].fit(embed(model, clips[0]), clips[1])
    return model
