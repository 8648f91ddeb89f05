"""Tracks of two moving talkers against the raw directions that they are made from.

The figures of one draw of the rooms, or of a smaller one::

    python -m benchmarks.accuracy.tracking --seed 1
    python -m benchmarks.accuracy.tracking --quick

Two talkers of LibriSpeech walk through simulated rooms of 0.2 to 0.5 s reverberation time in
diffuse noise 5 to 15 dB below them, recorded by a circle of 6 microphones. MVDR streams up to two
directions for each tenth of a second, and ``DirectionTracker`` with its defaults follows them.
``SSLEARN_DATA`` (or ``--data``) names the folder of measured data; without LibriSpeech in it the
sounds are white noise.
"""

import numpy as np

from benchmarks.accuracy._data import read, skipping
from benchmarks.study import Study
from sslearn import recipes
from sslearn.datasets import load_librispeech, make_shoebox
from sslearn.decoding import PeakDecoder
from sslearn.geometry import circular_array
from sslearn.metrics import (
    false_alarm_rate,
    identity_switches,
    matched_angular_error,
    mean_angular_error,
    missed_detection_rate,
)
from sslearn.simulation import Noise, Overlap, ShoeboxRooms, Sounds, Trajectories
from sslearn.streaming import DirectionTracker, StreamingLocalizer

MICS = circular_array(6, 0.05)


def simulate(sounds, n_clips, seed):
    """Recordings of 8 s, and the directions of both talkers every 0.1 s."""
    return make_shoebox(
        n_clips,
        mic_positions=MICS,
        rooms=ShoeboxRooms(n_clips, t60=(0.2, 0.5)),
        sounds=sounds,
        n_sources=2,
        trajectories=Trajectories(),
        overlap=Overlap(["head_tail"], single=0.0),
        noise=Noise((5, 15), kind="diffuse"),
        duration=8.0,
        random_state=seed,
        return_X_y=True,
    )


def streamed(X):
    """Times (n_times,) and directions (n_clips, n_times, 2, 1) of all clips."""
    localizer = recipes.mvdr(MICS, n_sources=2, hop_length=160, block_duration=0.1)
    localizer.set_params(decoder=PeakDecoder(2, threshold=0.4, min_separation=15))
    stream, directions = StreamingLocalizer(localizer.fit(X)), []
    for clip in X:
        new = stream.reset().push(clip)
        directions.append(new.directions)
    return new.times, np.stack(directions)


def tracked(times, directions):
    """Tracks of all clips, as many columns for each."""
    tracks = [DirectionTracker().track(times, found) for found in directions]
    joined = np.full((*directions.shape[:2], max(track.shape[1] for track in tracks), 1), np.nan)
    for row, track in zip(joined, tracks, strict=True):
        row[:, : track.shape[1]] = track
    return joined


def figures(y, found):
    """Figures of tracks, at a tolerance of 10 degrees."""
    near = {"tolerance": 10}
    return {
        "missed": 100 * missed_detection_rate(y, found, **near),
        "false alarms": 100 * false_alarm_rate(y, found, **near),
        "mean error": mean_angular_error(y, found),
        "error of hits": matched_angular_error(y, found, **near),
        "switches": identity_switches(y, found, **near),
    }


def measure(run):
    """Raw directions and tracks."""
    name, sounds = "white noise", None
    with skipping("speech"):
        folder = run.args.data / "speech_librispeech"
        corpus = read(load_librispeech, folder, "train-clean-100", return_paths=True)
        name, sounds = "speech", Sounds(list(corpus.audio))
    X, y = simulate(sounds, run.args.clips, run.args.seed)
    times, directions = streamed(X)
    y = y[:, : len(times)]
    directions, times = directions[:, : y.shape[1]], times[: y.shape[1]]
    for kind, found in {"raw": directions, "tracked": tracked(times, directions)}.items():
        run.add({"sound": name, "directions": kind}, figures(y, found))


STUDY = Study(
    "tracking",
    "Does DirectionTracker follow two moving talkers with fewer misses, false alarms and identity "
    "switches than the raw directions?",
    measure,
    sizes={"clips": (1, 6)},
)
main = STUDY.main


if __name__ == "__main__":
    main()
