"""Parts: systems of the fixed room, dropout, size of the set, one person, and neighbours."""

from copy import deepcopy

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.accuracy.contrastive.bench import FIXED_EPOCHS, Bench, embed
from sslearn.simulation import make_shoebox_rooms


def fixed(run):
    """All systems in the fixed room (figure 3)."""
    bench = Bench(run)
    train, tests = bench.fixed_room(run.args.test_clips)
    systems = ["SCE_sim5", "SCE_sim15", "WSCE_sim5", "WSCE_sim15", "WSCE_sim30"]
    for system in [*systems, "feed-forward", "LEM"]:
        model, seconds = bench.fit(system, train, epochs=FIXED_EPOCHS)
        bench.add(system, model, tests, {}, seconds=round(seconds))


def dropout(run):
    """Dropout of 0, 0.2, 0.5 and 0.8 (figure 2)."""
    bench = Bench(run)
    for name, train, tests in bench.sets():
        for system in ("SCE_sim5", "SCE_sim15", "feed-forward"):
            for share in bench.size((0.0, 0.2, 0.5, 0.8), (0.0, 0.8)):
                model, _ = bench.fit(system, train, network__dropout=share)
                settings = {"set": name, "dropout": share}
                bench.add(system, model, tests, settings, {"validation": _validation(model)})


def _validation(model):
    """Lowest validation error, averaged over the networks of a system."""
    history = model[1].history_
    network = history.get("network", np.zeros(len(history["epoch"])))
    return float(np.mean([history["valid_error"][network == k].min() for k in np.unique(network)]))


def reduced(run):
    """Parts of 10, 25, 50 and 70 % of the training set (figure 4)."""
    bench = Bench(run)
    for name, train, tests in bench.sets():
        for share in bench.size((10, 25, 50, 70, 100), (25, 100)):
            part = train
            if share < 100:
                options = {"train_size": share / 100, "random_state": bench.seed}
                X, _, y, _ = train_test_split(*train, **options)
                part = X, y
            for system in ("SCE_sim5", "feed-forward", "LEM"):
                # At most twice the epochs of the whole set.
                model, _ = bench.fit(system, part, epochs=min(2, 100 / share))
                settings = {"set": name, "share": share}
                bench.add(system, model, tests, settings, {"clips": len(part[0])})


def personal(run):
    """A network of many heads, continued on one person (section 5.5)."""
    bench = Bench(run)
    seen, new = bench.people()
    rooms = make_shoebox_rooms(16, random_state=bench.seed)
    heads = [bench.head(s) for s in seen]
    many = bench.render_heads(run.args.train, heads, 20, rooms)
    for system in ("SCE_sim5", "WSCE_sim15"):
        general, _ = bench.fit(system, many)
        for i, subject in enumerate(new[: bench.size(3, 1)]):
            head = [bench.head(subject)]
            own = bench.render_heads(bench.size(1000, 100), head, 30 + i, rooms)
            test = bench.render_heads(run.args.test_clips, head, 40 + i, rooms)
            models = {("other heads", 0): general}
            for n in bench.size((250, 1000), (100,)):
                mine = own[0][:n], own[1][:n]
                models["other heads, person's neighbours", n] = _moved(general, mine)
                models["other heads, continued", n] = bench.proceed(general, mine)
                models["person alone", n] = bench.fit(system, mine, epochs=2)[0]
            for (training, n), model in models.items():
                settings = {"person": subject, "training": training, "clips": n}
                bench.add(system, model, {"new places": test}, settings)


def _moved(model, clips):
    """Copy of a model whose neighbours are other clips."""
    model = deepcopy(model)
    model[2].fit(embed(model, clips[0]), clips[1])
    return model


def bank(run):
    """Neighbours of the training part, of all clips, or after a training on all (5.2.1)."""
    bench = Bench(run)
    train, tests = bench.varying()
    X, X_val, y, y_val = train_test_split(*train, test_size=0.3, random_state=bench.seed)
    for system in ("SCE_sim5", "WSCE_sim15"):
        part, _ = bench.fit(system, (X, y), valid=(X_val, y_val))
        refit, _ = bench.fit(system, train, validation_fraction=0.3, refit=True)
        banks = {"training part": part, "all clips": _moved(part, train), "refit": refit}
        for name, model in banks.items():
            bench.add(system, model, tests, {"neighbours": name})
