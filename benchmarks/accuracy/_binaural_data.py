"""Clips of the binaural protocols: the rooms, heads, directions and sounds of each."""

from functools import partial

import numpy as np
from sklearn.utils import Bunch

from benchmarks.accuracy._data import MissingDataError, read, read_present, skipping
from sslearn import datasets
from sslearn.features import BinauralCues
from sslearn.simulation import Placement

FS = 16000
FIXED_TRAININGS = ("strict", "augmented", "shaped", "speech")
HEAD_TRAININGS = ("many", "one", "elsewhere", "anechoic")


def _shaped_noise(seed, n_sources=200, seconds=6):
    """Noise with spectra as varied as those of speech: random slopes above a random corner."""
    rng = np.random.default_rng([seed, 5])
    frequency = np.fft.rfftfreq(seconds * FS, 1 / FS)
    octaves = np.log2(np.maximum(frequency / rng.uniform(200, 1000, (n_sources, 1)), 1))
    gains = 10 ** (-rng.uniform(3, 15, (n_sources, 1)) * octaves / 20)
    spectra = gains * np.fft.rfft(rng.standard_normal((n_sources, seconds * FS)))
    return list(np.fft.irfft(spectra).astype(np.float32))


def _fixed_room_training(bench, name):
    """Arguments of the clips to train on: the paper's, and variants."""
    if name == "strict":
        return {}
    if name == "augmented":
        return {"copies": bench.size(8, 2), "noise": None, "batch_transform": None}
    if name == "shaped":
        return {"clips": bench.size(4, 1), "sounds": _shaped_noise(bench.seed)}
    speech = bench.speech("test-other")
    return {"clips": bench.size(8, 1), "duration": 2.0, "noise": 15.0, "sounds": speech}


def fixed_room(bench, training):
    """One room, one place of the head, sources 2.7 m away on a 2-degree grid.

    The cues to train on have shape (n_clips, n_copies, n_features): a clip and its copies belong
    to the same second of recording, and stay together where a part is taken.
    """
    # Wide and high enough for all sources, since they move and not the head.
    rooms = datasets.make_shoebox_rooms(
        1, dimensions=((6, 7, 4.4), (6, 7, 4.4)), t60=(0.2, 0.2), random_state=bench.seed
    ).assign(receiver_x=1.5, receiver_y=3.5)
    step = bench.size(2, 6)
    azimuth, elevation = np.meshgrid(np.arange(-90, 91, step), np.arange(-44, 45, step))
    grid = np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)
    shared = {"heads": bench.head(), "rooms": rooms, "max_order": 17}
    places = {"distances": (2.7,), "height": 2.2, "yaw": 0.0}
    options = {"noise": (0.0, 40.0), "duration": 1.0, **_fixed_room_training(bench, training)}
    n_clips, n_copies = options.pop("clips", 1) * len(grid), options.pop("copies", None)
    placement = Placement(directions=grid, **places)
    X, y, _ = bench.render(n_clips, placement=placement, seed=0, **options, **shared)
    X = bench.speak(X, n_copies) if n_copies else X[:, None]
    rng = np.random.default_rng(bench.seed)
    tested = grid[rng.permutation(len(grid))[: bench.size(1000, 150)]]
    shared |= {"placement": Placement(directions=tested, **places), "seed": 1}
    shared["sounds"] = bench.speech("train-clean-100")
    tests = {
        name: bench.render(len(tested), noise=snr, **shared)[:2]
        for name, snr in (("fixed room", 15.0), ("fixed room, no noise", None))
    }
    return X, y, tests


def samples(X, y):
    """Clips and copies as samples of their own."""
    return X.reshape(-1, X.shape[2]), np.repeat(y, X.shape[1], axis=0)


def varying_rooms(bench, n_train, suffixes=("", ", off the grid")):
    """Sixteen rooms to train in; the same rooms, and other rooms, to test in."""
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    others = datasets.make_shoebox_rooms(200, random_state=bench.seed + 1)
    shared = {"heads": bench.head()}
    places = {"yaw": bench.args.yaw, "n_receivers": bench.args.places or None}
    placement = Placement(directions="measured", **places)
    train = bench.render(n_train, rooms=rooms, seed=2, placement=placement, **shared)[:2]
    tests = {}
    for suffix in suffixes:
        places |= {"directions": None if suffix else "measured", "n_receivers": None}
        shared["placement"] = Placement(**places)
        for seed, (name, where) in enumerate({"test 1": rooms, "test 2": others}.items(), 3):
            n_test = bench.size(2000, 300)
            tests[name + suffix] = bench.render(n_test, rooms=where, seed=seed, **shared)[:2]
    return train, tests


def with_mirror_images(X, y):
    """Cues and directions, and those that a mirror between left and right would make of them."""
    names = BinauralCues(FS).get_feature_names_out().astype(str)
    odd = np.char.startswith(names, "ild") | np.char.startswith(names, "ipd_sin")
    return np.concatenate([X, np.where(odd, -X, X)]), np.concatenate([y, y * (-1, 1)])


def head_trainings(bench):
    """Many heads or one to train on; heads never seen, and the same heads, to test on.

    Yields cues and directions of training and tests, and columns for the table.
    """
    subjects = read(datasets.list_cipic_subjects, bench.data / "cipic")
    manikins = [s for s in ("021", "165") if s in subjects]
    people = [s for s in subjects if s not in manikins]
    if not people:
        raise MissingDataError("cipic holds no head to test on besides those of KEMAR")
    seen = [s for s in people if s not in people[::4]]
    new, many = ([bench.head(s) for s in group] for group in (people[::4], manikins + seen))
    elsewhere = []
    with skipping("one training head, another laboratory"):
        elsewhere.append(read(datasets.load_mit_kemar, bench.data / "mit_kemar", fs=FS))
    rooms = datasets.make_shoebox_rooms(16, random_state=bench.seed)
    n_many, n_one = bench.size(bench.args.train or 100800, 2500), bench.size(10080, 2500)
    trainings = {
        "many": [("many training heads", n_many, many, 7, rooms)],
        "one": [("one training head", n_one, [bench.head()], 6, rooms)],
        "elsewhere": [
            ("one training head, another laboratory", n_one, [kemar], 8, rooms)
            for kemar in elsewhere
        ],
        "anechoic": [
            ("no room", bench.size(30000, 2500), many[-n_heads:], 13, None)
            for n_heads in (len(many), 13, 6, 3)
            if n_heads <= len(many)
        ],
    }
    for training in bench.trainings(HEAD_TRAININGS):
        for name, n_train, group, seed, where in trainings[training]:
            train = render_heads(bench, n_train, group, seed, where)
            if bench.args.mirror and len(group) > 1:
                train = with_mirror_images(*train)
            tests = _head_tests(bench, name, new, group, where)
            yield train, tests, {"training heads": len(group), "other heads": len(new)}


def render_heads(bench, n, group, seed, rooms, **places):
    """Cues and directions of clips of several heads."""
    places = {"directions": "measured", "n_receivers": None, "yaw": bench.args.yaw, **places}
    placement = Placement(**places)
    return bench.render(n, heads=group, seed=seed, rooms=rooms, placement=placement)[:2]


def _head_tests(bench, name, new, known, rooms):
    """Whether the heads that are new limit the error, or the room, or the distance."""
    n = bench.size(2000, 300)
    if rooms is None:
        return {name: render_heads(bench, n, new, 14, None)}
    room = datasets.make_shoebox_rooms(
        1, dimensions=((3.5, 5, 2.8), (3.5, 5, 2.8)), t60=(0.3, 0.3), random_state=bench.seed
    )
    tests = {}
    for heads, group, seeds in (("", new, (5, 11, 15)), (", tested on them", known, (10, 12, 16))):
        places = {
            "": (room, {}),
            ", at 1 m": (room, {"distances": (1.0,)}),
            ", same rooms": (rooms, {}),
        }
        for seed, (place, (where, kwargs)) in zip(seeds, places.items(), strict=True):
            tests[name + heads + place] = render_heads(bench, n, group, seed, where, **kwargs)
    return tests


def _front(head):
    azimuth, elevation = head.directions.T
    rows = np.flatnonzero((np.abs(azimuth) <= 90) & (np.abs(elevation) <= 45))
    head = Bunch(**head)
    for key in ("hrirs", "directions", "distance"):
        head[key] = head[key][rows]
    return head


def real_rooms(bench):
    """Simulated rooms to train in, measured ones to test in, and the number of heads."""
    rooms = datasets.make_shoebox_rooms(
        100, dimensions=((3, 3, 2.4), (10, 8, 3.5)), t60=(0.1, 0.6), random_state=bench.seed
    )

    def reader(load, folder, **kwargs):
        return partial(read, load, bench.data / folder, fs=FS, **kwargs)

    training = {f"cipic {s}": partial(bench.head, s) for s in ("021", "165")}
    training |= {
        "mit_kemar": reader(datasets.load_mit_kemar, "mit_kemar"),
        "thk_ku100": reader(datasets.load_thk_ku100, "thk_ku100"),
        "sadie_ku100": reader(datasets.load_sadie_ku100, "sadie_ku100"),
    }
    with skipping("CIPIC subjects"):
        people = read(datasets.list_cipic_subjects, bench.data / "cipic")[:6]
        training |= {f"cipic person {s}": partial(bench.head, s) for s in people}
    training = list(read_present(training).values())
    train = bench.render(
        bench.size(15120, 2500),
        heads=training,
        rooms=rooms,
        placement=Placement(n_receivers=None),
        noise=(10, 40),
        seed=8,
        sounds=bench.speech("train-clean-100"),
    )[:2]
    rostock = reader(
        datasets.load_rostock_kemar_brir, "rostock_kemar_brir", correct_orientation=True
    )
    measured = {
        "Surrey room A": reader(datasets.load_surrey_brir, "surrey_brir", room="A"),
        "BBC listening room": reader(datasets.load_bbc_brir, "bbc_brir"),
        "Rostock seminar room": rostock,
    }
    tests = {
        name: bench.render(
            bench.size(500, 100),
            heads=_front(head),
            placement=Placement(directions="measured"),
            seed=9,
            sounds=bench.speech("test-other"),
        )[:2]
        for name, head in read_present(measured).items()
    }
    return train, tests, len(training)
