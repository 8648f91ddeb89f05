"""Single figures of pages that mix studies, by their names.

A page shows one by the role ``:figure:`any_array.mvdr.mean```, which fills in what the store of the
study has.
"""

import re
from dataclasses import dataclass

import numpy as np

from benchmarks.store import Store
from benchmarks.tables import published

_ROLE = re.compile(r":figure:`([^`]+)`")
_POOLED = {"lowest": np.min, "highest": np.max, "average": np.mean}


@dataclass(frozen=True)
class Figure:
    """Figure of one row of a store, or of several rows.

    Attributes
    ----------
    study : str
        Name of the study, whose store has the rows.
    where : dict
        Settings of the rows; a tuple lists the allowed values.
    text : str
        Format of :meth:`str.format`. It names settings and figures, and published figures, which
        are named ``"paper "`` and their own name. Of a curve, the last point counts. ``"lowest "``,
        ``"highest "`` or ``"average "`` before a name stand for that of all rows.
    n_rows : int, default=1
        How many rows there must be.
    scale : float, default=1
        What all figures are multiplied by, for example 100 for percent.
    """

    study: str
    where: dict
    text: str
    n_rows: int = 1
    scale: float = 1

    def rows(self):
        """Rows of the store.

        Raises
        ------
        ValueError
            If these are not ``n_rows``.
        """
        rows = Store(self.study).select(**self.where)
        if len(rows) != self.n_rows:
            n_rows = f"{len(rows)} rows instead of {self.n_rows}"
            raise ValueError(f"{n_rows} of the store {self.study!r} have {self.where}")
        return rows

    def filled(self):
        """Text with the figures of the rows."""
        found = [self._values(row) for row in self.rows()]
        values = dict(found[0]) if self.n_rows == 1 else {}
        for name in {name: None for one in found for name in one}:
            each = [one.get(name) for one in found]
            if name.startswith("paper "):  # of the rows that the publication has
                each = [value for value in each if value is not None]
            if all(isinstance(value, (int, float)) for value in each):
                values |= {f"{how} {name}": pool(each) for how, pool in _POOLED.items()}
        return self.text.format(**values)

    def _values(self, row):
        figures = {**published(self.study, row["settings"]), **row["figures"]}
        for name, value in figures.items():
            if isinstance(value, list) and value:
                figures[name] = value[-1]
            elif isinstance(value, (int, float)):
                figures[name] = self.scale * value
        return {**row["settings"], **figures}


def fill(text):
    """Text whose roles ``:figure:`` are replaced by the figures, and the rows of these."""
    rows = [row for name in _ROLE.findall(text) for row in FIGURES[name].rows()]
    return _ROLE.sub(lambda match: FIGURES[match[1]].filled(), text), rows


def used(text):
    """Names of the figures that a text shows."""
    return _ROLE.findall(text)


_ARRAYS = {"part": "simulated", "n_arrays": 60, "n_clips": 10, "seed": 0}
_R3VIVAL = {"part": "measured", "n_spoken": 60, "seed": 0, "room": "r3vival", "snr": 10}
_LOUD = {"part": "circle", "clips": 100, "seed": 0, "room": "rooms"}
_DIFFUSE = {**_LOUD, "part": "ambisonic", "sound": "speech", "noise": "diffuse", "dB": 0}
_CLOSE = {"part": "circle", "clips": 200, "seed": 0, "sound": "speech", "separation": 15, "snr": 10}
_EARLY = {"part": "uwa", "seed": 0, "room": "anechoic", "sound": "first arrival", "mount": "given"}
_SPHERES = {"part": "sofia", "seed": 0, "measurement": "A3", "radius": 1}
_TALKERS = {"test": "simulated", "array": "r3vival", "seed": 0, "hours": (1.25, 1.4, None)}
_LABELS = {"responses": "simulated", "seed": 0}
_HEAD = {"part": "varying", "yaw": None, "seed": 0, "test": "test 2", "K": (5, None)}
_UNSEEN = {
    "system": "heads",
    "snr": "all",
    "seed": 0,
    "test": (
        "CIPIC, heads never seen",
        "LISTEN, laboratory never seen",
        "ARI, laboratory never seen",
        "KU100 of another laboratory",
    ),
}
_SPOKEN = {"part": "simulated", "test": "speech", "seconds": 1, "seed": 0}
_SPHERE = {"test": 1500, "trunk_epochs": 16, "epochs": 3, "condition": "all", "test_seed": 0}
_TRAINED = {"part": "network", "condition": "all", "seed": 0}
_SCENES = {"n_seeds": 3, "seed": 0}
_LIVE = {"part": "streaming", "seed": 0, "quick": None, "chunk": 20}
_MASKED = {"part": "masked", "seed": 0, "quick": None, "against": "SRP-PHAT"}


def _arrays():
    """Figures of localizers on any array, simulated and measured."""
    for system in ("masked_srp_phat", "srp_phat", "mvdr", "music", "tdoa"):
        one = {**_ARRAYS, "sources": 1, "system": system}
        yield f"any_array.{system}.mean", Figure("any_array", one, "{mean:.1f}")
        yield f"any_array.{system}.median", Figure("any_array", one, "{median:.1f}")
        one = {**_R3VIVAL, "sources": 1, "system": system}
        yield f"any_array.{system}.r3vival", Figure("any_array", one, "{mean:.1f}")
    for system in ("masked_srp_phat_all", "mvdr"):
        two = {**_ARRAYS, "sources": 2, "system": system}
        yield f"any_array.{system}.two", Figure("any_array", two, "{median:.1f}, mean {mean:.1f}")
    for name, sound, noise, level in (
        ("common", "speech", "common", 0),
        ("diffuse", "white noise", "diffuse", -10),
    ):
        for system, method in (("srp_phat", "SRP-PHAT"), ("mvdr", "MVDR")):
            where = {**_LOUD, "sound": sound, "noise": noise, "dB": level, "method": method}
            yield f"noise.{name}.{system}", Figure("noise", where, "{median:.1f}")
    for system in ("ESPRIT", "MUSIC"):
        figure = Figure("resolution", {**_CLOSE, "method": system}, "{resolved:g} %")
        yield f"resolution.{system.lower()}", figure
    where = {**_CLOSE, "method": "ESPRIT"}
    yield "resolution.esprit.error", Figure("resolution", where, "{rms:.2f}")


def _bodies():
    """Figures of classical localizers where methods differ: a click, a rigid sphere, ambisonics."""
    for name, method in (
        ("srp_phat", "SRPPHAT"),
        ("music", "MUSIC, normalized"),
        ("mvdr", "MVDR, normalized"),
    ):
        first = {**_EARLY, "method": method}
        yield f"classical.uwa.{name}", Figure("classical", first, "{mean:.1f}")
    for name, method in (
        ("phase", ("SRPPHAT", "TDOALocalizer")),
        ("power", ("MUSIC, normalized", "MVDR, normalized")),
    ):
        where = {**_SPHERES, "method": method}
        yield f"classical.sofia.{name}", Figure("classical", where, "{highest spread:.1f}", 2)
    for name in ("histogram", "mean"):
        where = {**_DIFFUSE, "method": f"intensity, {name}"}
        yield f"noise.intensity.{name}", Figure("noise", where, "{median:.1f}")


def _moving():
    """Figures of moving talkers."""
    tracked = {"directions": "tracked", "clips": 6, "sound": "speech"}
    yield "tracking.hits", Figure("tracking", tracked, "{average error of hits:.1f}", 3)
    yield "tracking.missed", Figure("tracking", tracked, "{average missed:.0f} %", 3)
    text = "{average false alarms:.0f} %"
    yield "tracking.false_alarms", Figure("tracking", tracked, text, 3)
    for system in ("ipdnet2_small", "ipdnet2_tiny", "srp_dnn"):
        where = {**_TALKERS, "part": "trained", "system": system}
        text = "{missed:.1f}, {false alarms:.1f}, {error:.1f}"
        yield f"multi_source.{system}", Figure("multi_source", where, text)
        text = "{paper missed:.1f}, {paper false alarms:.1f}, {paper error:.1f}"
        yield f"multi_source.{system}.paper", Figure("multi_source", where, text)
    small = {**_TALKERS, "part": "trained", "system": "ipdnet2_small"}
    for name, text in (
        ("hours", "{hours} h"),
        ("hits", "{error:.1f}"),
        ("hits.paper", "{paper error:.1f}"),
        ("lost", "{missed:.0f} % missed, {false alarms:.0f} % false"),
        ("missed", "{missed:.0f} %"),
        ("missed.paper", "{paper missed:.0f} %"),
    ):
        yield f"multi_source.ipdnet2_small.{name}", Figure("multi_source", small, text)
    plain = {**_TALKERS, "part": "untrained", "system": "srp_phat"}
    text = "{missed:.0f} %, {false alarms:.0f} %"
    yield "multi_source.srp_phat", Figure("multi_source", plain, text)


def _labels():
    """Figures of networks on arrays of four microphones."""
    snet = {**_LABELS, "system": "L1/SNet", "cell": "ULD/MSEwo", "clips": 10000}
    yield "label_encodings.snet", Figure("label_encodings", snet, "{WAD-3:.2f}")
    yield "label_encodings.snet.paper", Figure("label_encodings", snet, "{paper WAD-3:.2f}")
    pnn = {**_LABELS, "system": "L1/PNN", "cell": "ULD/MSEwo", "clips": 45000}
    yield "label_encodings.pnn", Figure("label_encodings", pnn, "{WAD-3:.2f}")
    ours = "{lowest WAD-3:.1f} to {highest WAD-3:.1f}"
    theirs = "{lowest paper WAD-3:.1f} to {highest paper WAD-3:.1f}"
    pair = {**_LABELS, "system": "C2/PNN-Split"}
    yield "label_encodings.pnn_split", Figure("label_encodings", pair, ours, 22)
    yield "label_encodings.pnn_split.paper", Figure("label_encodings", pair, theirs, 22)
    pair = {"part": "together", "preset": "L2", "seed": 0}
    yield "two_sources_snet.both", Figure("two_sources_snet", pair, ours, 22)
    yield "two_sources_snet.both.paper", Figure("two_sources_snet", pair, theirs, 22)
    one = {**pair, "cell": "ULD/CE"}  # one of the two rows that have the curve of all
    yield "two_sources_snet.minutes", Figure("two_sources_snet", one, "{curve[1]:.0f} min")


def _ears():
    """Figures of two ears."""
    for name, system, train in (
        ("sce", "SCE_sim5-margin1", 120960),
        ("wsce", "WSCE_sim15", 120960),
        ("feed_forward", "feed-forward", 60480),
        ("eigenmaps", "LEM", 60480),
    ):
        where = {**_HEAD, "system": system, "train": train}
        text = "{azimuth:.1f} and {elevation:.1f}"
        yield f"binaural.{name}", Figure("binaural", where, text)
        text = "{paper azimuth:.1f} and {paper elevation:.1f}"
        yield f"binaural.{name}.paper", Figure("binaural", where, text)
    for name, text in (
        ("azimuth", "{lowest azimuth median:.1f} to {highest azimuth median:.1f}"),
        ("elevation", "{lowest elevation median:.0f} to {highest elevation median:.0f}"),
        ("front", "{lowest front for back:.0f} to {highest front for back:.0f} %"),
    ):
        yield f"heads_weights.{name}", Figure("heads_weights", _UNSEEN, text, 4)


def _ambisonics():
    """Figures of ambisonics."""
    for name, system in (("masked", "masked_histogram"), ("intensity", "histogram")):
        where = {**_SPOKEN, "system": system, "noise": "none"}
        yield f"ambisonic_weights.{name}", Figure("ambisonic_weights", where, "{median:.1f}")
        where = {**where, "noise": "diffuse", "snr": 10}
        figure = Figure("ambisonic_weights", where, "{median:.1f}")
        yield f"ambisonic_weights.{name}.diffuse", figure
    masked = {**_SPHERE, "system": "masked_histogram"}
    yield "sphere.masked.minutes", Figure("sphere", masked, "{minutes:.0f} min")
    crnn = {**_TRAINED, "system": "cartesian"}
    text = "{curve[processor]:.0f} min"
    yield "sphere_training.crnn.minutes", Figure("sphere_training", crnn, text)
    cartesian = {**_SPHERE, "system": "cartesian"}
    pretrained = {**_TRAINED, "system": "masked_histogram"}
    for figure in ("median", "mean"):
        text = f"{{{figure}:.1f}}"
        yield f"sphere.masked.{figure}", Figure("sphere", masked, text)
        where = {**_SPHERE, "system": "histogram"}
        yield f"sphere.intensity.{figure}", Figure("sphere", where, text)
        yield f"sphere_training.crnn.{figure}", Figure("sphere_training", crnn, text)
        yield f"sphere_training.pretrained.{figure}", Figure("sphere_training", pretrained, text)
    for part in "ab":
        text = f"{{paper {part} median:.1f}}"
        yield f"sphere.cartesian.{part}.median", Figure("sphere", cartesian, text)
        text = f"{{paper {part} mean:.1f}}"
        yield f"sphere.cartesian.{part}.mean", Figure("sphere", cartesian, text)


def _scenes():
    """Figures of pictures with sound."""
    for system in ("sspl", "sspl_pcm", "sacl_lite0"):
        where = {**_SCENES, "part": "systems", "system": system}
        text = "{cIoU:.2f}, {AUC:.2f}, {pointing:.2f}"
        yield f"audio_visual.{system}", Figure("audio_visual", where, text)
        if system != "sacl_lite0":
            text = "{paper Flickr cIoU:.3f}, {paper Flickr AUC:.3f}"
            yield f"audio_visual.{system}.paper", Figure("audio_visual", where, text)
    where = {**_SCENES, "part": "systems", "system": "sacl"}
    text = "{paper Flickr cIoU:.3f}, {paper Flickr AUC:.3f}"
    yield "audio_visual.sacl.paper", Figure("audio_visual", where, text)
    sspl = {**_SCENES, "part": "systems", "system": "sspl"}
    share = "{pointing:.0f} %"
    yield "audio_visual.sspl.share", Figure("audio_visual", sspl, share, scale=100)
    yield "audio_visual.sspl.seconds", Figure("audio_visual", sspl, "{seconds:.0f} s")
    guess = {**_SCENES, "part": "guesses", "system": "box of a random object"}
    yield "audio_visual.guess.share", Figure("audio_visual", guess, share, scale=100)


def _speed():
    """Processor times per second of audio, on one core."""
    for name, what in (
        ("srp_phat", "srp_phat"),
        ("mvdr", "mvdr fading"),
        ("esprit", "esprit fading"),
        ("intensity", "intensity fading"),
        ("ipdnet2_small", "small"),
        ("siamese", "siamese"),
        ("phase_network", "phase_network"),
    ):
        figure = Figure("speed", {**_LIVE, "what": what}, "{real time:.0f} ms", scale=1000)
        yield f"speed.live.{name}", figure
    text = "{lowest ours:.0f} to {highest ours:.0f} ms"
    yield "speed.masked", Figure("speed", _MASKED, text, 4)
    text = "{lowest ratio:.0f} to {highest ratio:.0f} times"
    yield "speed.masked.ratio", Figure("speed", _MASKED, text, 4)
    four = {**_MASKED, "what": "masked SRP-PHAT, 4 microphones, azimuth"}
    yield "speed.masked.four", Figure("speed", four, "{ours:.0f} ms")


_ALL = (_arrays, _bodies, _moving, _labels, _ears, _ambisonics, _scenes, _speed)
FIGURES = {name: figure for part in _ALL for name, figure in part()}
