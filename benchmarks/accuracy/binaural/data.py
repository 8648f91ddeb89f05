"""Clips of the parts: the rooms, heads, directions and sounds of each."""

from functools import partial

import numpy as np
from sklearn.utils import Bunch

from benchmarks.accuracy._data import MissingDataError, read, read_present, skipping
from benchmarks.accuracy.binaural.spoken import spoken_cues
from sslearn import datasets
from sslearn.features import BinauralCues
from sslearn.simulation import Placement, Sounds

FS = 16000
FIXED_TRAININGS = ("strict", "augmented", "shaped", "speech")
# Trainings and their clips.
HEAD_TRAININGS = {"many": 100800, "one": 10080, "elsewhere": 10080, "anechoic": 30000}
_MANIKINS = ("021", "165")


class Scenes:
    """Heads, speech and rendered clips.

    Parameters
    ----------
    args : argparse.Namespace
        Options of the command line: ``data``, ``cache``, ``seed``, ``n_jobs``, ``quick``,
        ``train``, ``test_clips``, and where the study defines them, ``yaw``, ``places``, ``step``.
    """

    def __init__(self, args):
        self.args = args
        self.data = args.data
        self.seed = args.seed

    def size(self, full, quick):
        """Size, or that of ``--quick``."""
        return quick if self.args.quick else full

    def head(self, subject="021"):
        """Head of the CIPIC database."""
        return read(datasets.load_cipic, self.data / "cipic", subject, fs=FS)

    def people(self):
        """Subjects of CIPIC to train on, the two KEMARs first, and those to test on alone."""
        subjects = read(datasets.list_cipic_subjects, self.data / "cipic")
        manikins = [s for s in _MANIKINS if s in subjects]
        people = [s for s in subjects if s not in manikins]
        if not people:
            raise MissingDataError("cipic holds no head to test on besides those of KEMAR")
        return manikins + [s for s in people if s not in people[::4]], people[::4]

    def speech(self, subset):
        """Recordings of a subset of the speech corpus, with their speakers."""
        folder = self.data / "speech_librispeech"
        corpus = read(datasets.load_librispeech, folder, subset, fs=FS, return_paths=True)
        return Sounds(corpus.audio, speakers=corpus.speakers)

    def render(self, n_samples, *, seed, duration=2.0, **kwargs):
        """Cues and directions of rendered clips."""
        clips = datasets.make_binaural(
            n_samples,
            fs=FS,
            duration=duration,
            memory=self.args.cache,
            n_jobs=self.args.n_jobs,
            random_state=1000 * self.seed + seed,
            verbose=1,
            **{"batch_transform": BinauralCues(FS), **kwargs},
        )
        return clips.data, clips.target

    def render_heads(self, n_samples, group, seed, rooms, **places):
        """Cues and directions of clips of several heads."""
        yaw = getattr(self.args, "yaw", None)
        places = {"directions": "measured", "n_receivers": None, "yaw": yaw, **places}
        placement = Placement(**places)
        return self.render(n_samples, heads=group, seed=seed, rooms=rooms, placement=placement)

    def speak(self, recordings, n_copies):
        """Cues of copies of recordings, with the spectrograms of speech and noise at 15 dB."""
        return spoken_cues(
            recordings,
            FS,
            self.speech("test-other"),
            n_copies=n_copies,
            snr=15.0,
            seed=self.seed,
            cache=self.args.cache,
            n_jobs=self.args.n_jobs,
        )


def _shaped_noise(seed, n_sources=200, seconds=6):
    """Noise whose spectra fall above a random corner with a random slope, as those of speech do."""
    rng = np.random.default_rng([seed, 5])
    frequency = np.fft.rfftfreq(seconds * FS, 1 / FS)
    octaves = np.log2(np.maximum(frequency / rng.uniform(200, 1000, (n_sources, 1)), 1))
    gains = 10 ** (-rng.uniform(3, 15, (n_sources, 1)) * octaves / 20)
    spectra = gains * np.fft.rfft(rng.standard_normal((n_sources, seconds * FS)))
    return list(np.fft.irfft(spectra).astype(np.float32))


def _fixed_room_training(scenes, name):
    """Arguments of the clips to train on: the paper's, and variants."""
    if name == "strict":
        return {}
    if name == "augmented":
        return {"copies": scenes.size(8, 2), "noise": None, "batch_transform": None}
    if name == "shaped":
        return {"clips": scenes.size(4, 1), "sounds": _shaped_noise(scenes.seed)}
    speech = scenes.speech("test-other")
    return {"clips": scenes.size(8, 1), "duration": 2.0, "noise": 15.0, "sounds": speech}


def fixed_room(scenes, training):
    """One room, one place of the head, sources 2.7 m away on a 2-degree grid.

    The cues to train on have shape (n_clips, n_copies, n_features): a clip and its copies belong
    to the same second of recording, and stay together where a part is taken.
    """
    # Wide and high enough for all sources, since they move and not the head.
    rooms = datasets.make_shoebox_rooms(
        1, dimensions=((6, 7, 4.4), (6, 7, 4.4)), t60=(0.2, 0.2), random_state=scenes.seed
    ).assign(receiver_x=1.5, receiver_y=3.5)
    step = scenes.args.step
    azimuth, elevation = np.meshgrid(np.arange(-90, 91, step), np.arange(-44, 45, step))
    grid = np.column_stack([azimuth.ravel(), elevation.ravel()]).astype(float)
    shared = {"heads": scenes.head(), "rooms": rooms, "max_order": 17}
    places = {"distances": (2.7,), "height": 2.2, "yaw": 0.0}
    options = {"noise": (0.0, 40.0), "duration": 1.0, **_fixed_room_training(scenes, training)}
    n_clips, n_copies = options.pop("clips", 1) * len(grid), options.pop("copies", None)
    placement = Placement(directions=grid, **places)
    X, y = scenes.render(n_clips, placement=placement, seed=0, **options, **shared)
    X = scenes.speak(X, n_copies) if n_copies else X[:, None]
    rng = np.random.default_rng(scenes.seed)
    tested = grid[rng.permutation(len(grid))[: scenes.args.test_clips]]
    shared |= {"placement": Placement(directions=tested, **places), "seed": 1}
    shared["sounds"] = scenes.speech("train-clean-100")
    tests = {
        name: scenes.render(len(tested), noise=snr, **shared)
        for name, snr in (("noise at 15 dB", 15.0), ("no noise", None))
    }
    return X, y, tests


def samples(X, y):
    """Clips and copies as samples of their own."""
    return X.reshape(-1, X.shape[2]), np.repeat(y, X.shape[1], axis=0)


def varying_rooms(scenes, suffixes=("", ", off the grid")):
    """Sixteen rooms to train in; the same rooms, and other rooms, to test in."""
    rooms = datasets.make_shoebox_rooms(16, random_state=scenes.seed)
    others = datasets.make_shoebox_rooms(200, random_state=scenes.seed + 1)
    shared = {"heads": scenes.head()}
    options, n_test = vars(scenes.args), scenes.args.test_clips
    places = {"yaw": options.get("yaw"), "n_receivers": options.get("places")}
    placement = Placement(directions="measured", **places)
    train = scenes.render(scenes.args.train, rooms=rooms, seed=2, placement=placement, **shared)
    tests = {}
    for suffix in suffixes:
        places |= {"directions": None if suffix else "measured", "n_receivers": None}
        shared["placement"] = Placement(**places)
        for seed, (name, where) in enumerate({"test 1": rooms, "test 2": others}.items(), 3):
            tests[name + suffix] = scenes.render(n_test, rooms=where, seed=seed, **shared)
    return train, tests


def with_mirror_images(X, y):
    """Cues and directions, followed by those with left and right exchanged."""
    names = BinauralCues(FS).get_feature_names_out().astype(str)
    odd = np.char.startswith(names, "ild") | np.char.startswith(names, "ipd_sin")
    return np.concatenate([X, np.where(odd, -X, X)]), np.concatenate([y, y * (-1, 1)])


def head_trainings(scenes, training):
    """Clips to train on, of many heads or of one, and tests on those heads and on others.

    Yields cues and directions of training and tests, and the numbers of heads.
    """
    args, n_test = scenes.args, scenes.args.test_clips
    known, new = scenes.people()
    new, many = ([scenes.head(s) for s in group] for group in (new, known))
    rooms = datasets.make_shoebox_rooms(16, random_state=scenes.seed)
    groups, seed = [many], 7
    if training == "one":
        groups, seed = [[scenes.head()]], 6
    elif training == "elsewhere":
        groups, seed = [[read(datasets.load_mit_kemar, args.data / "mit_kemar", fs=FS)]], 8
    elif training == "anechoic":
        sizes = [n for n in (len(many), 13, 6, 3) if n <= len(many)]
        groups, seed, rooms = [many[-n:] for n in sizes], 13, None
    n_train = args.train or HEAD_TRAININGS[training]
    for group in groups:
        if args.mirror and len(group) == 1:
            print(f"skipped training {training}: --mirror is for several heads", flush=True)
            continue
        train = scenes.render_heads(n_train, group, seed, rooms)
        if args.mirror:
            train = with_mirror_images(*train)
        tests = _head_tests(scenes, n_test, new, group, rooms)
        yield train, tests, {"heads": len(group), "other heads": len(new)}


def _head_tests(scenes, n_test, new, known, rooms):
    """Tests on other heads and on those of the training: in a room, nearby, in the same rooms."""
    if rooms is None:
        return {"other heads": scenes.render_heads(n_test, new, 14, None)}
    room = datasets.make_shoebox_rooms(
        1, dimensions=((3.5, 5, 2.8), (3.5, 5, 2.8)), t60=(0.3, 0.3), random_state=scenes.seed
    )
    tests = {}
    groups = {"other heads": (new, (5, 11, 15)), "same heads": (known, (10, 12, 16))}
    for heads, (group, seeds) in groups.items():
        places = {
            "": (room, {}),
            ", at 1 m": (room, {"distances": (1.0,)}),
            ", same rooms": (rooms, {}),
        }
        for seed, (place, (where, options)) in zip(seeds, places.items(), strict=True):
            tests[heads + place] = scenes.render_heads(n_test, group, seed, where, **options)
    return tests


def _front(head):
    azimuth, elevation = head.directions.T
    rows = np.flatnonzero((np.abs(azimuth) <= 90) & (np.abs(elevation) <= 45))
    head = Bunch(**head)
    for key in ("hrirs", "directions", "distance"):
        head[key] = head[key][rows]
    return head


def real_rooms(scenes):
    """Simulated rooms to train in, measured ones to test in, and the number of heads."""
    rooms = datasets.make_shoebox_rooms(
        100, dimensions=((3, 3, 2.4), (10, 8, 3.5)), t60=(0.1, 0.6), random_state=scenes.seed
    )

    def reader(load, folder, **kwargs):
        return partial(read, load, scenes.data / folder, fs=FS, **kwargs)

    training = {f"cipic {s}": partial(scenes.head, s) for s in _MANIKINS}
    training |= {
        "mit_kemar": reader(datasets.load_mit_kemar, "mit_kemar"),
        "thk_ku100": reader(datasets.load_thk_ku100, "thk_ku100"),
        "sadie_ku100": reader(datasets.load_sadie_ku100, "sadie_ku100"),
    }
    with skipping("CIPIC subjects"):
        people = read(datasets.list_cipic_subjects, scenes.data / "cipic")[:6]
        training |= {f"cipic person {s}": partial(scenes.head, s) for s in people}
    training = list(read_present(training).values())
    train = scenes.render(
        scenes.args.train,
        heads=training,
        rooms=rooms,
        placement=Placement(n_receivers=None),
        noise=(10, 40),
        seed=8,
        sounds=scenes.speech("train-clean-100"),
    )
    rostock = reader(
        datasets.load_rostock_kemar_brir, "rostock_kemar_brir", correct_orientation=True
    )
    measured = {
        "Surrey room A": reader(datasets.load_surrey_brir, "surrey_brir", room="A"),
        "BBC listening room": reader(datasets.load_bbc_brir, "bbc_brir"),
        "Rostock seminar room": rostock,
    }
    tests = {
        name: scenes.render(
            scenes.args.test_clips,
            heads=_front(head),
            placement=Placement(directions="measured"),
            seed=9,
            sounds=scenes.speech("test-other"),
        )
        for name, head in read_present(measured).items()
    }
    return train, tests, len(training)
