"""Maps of two photographs and three drawn frames, each with a synthetic sound.

    python -m benchmarks.accuracy.audio_visual.photographs

Two localizers are fitted on these five pairs alone, a third on made scenes. Nothing is scored: the
command shows what maps of pictures that are not square look like, and prints the predicted points.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from matplotlib.figure import Figure
from PIL import Image
from scipy.signal import lfilter
from sklearn.datasets import load_sample_images

from benchmarks.accuracy.audio_visual.drawings import draw_car, draw_dog, draw_piano
from benchmarks.store import RESULTS
from sslearn.audiovisual import PredictiveAudioVisualLocalizer, SemanticContrastiveLocalizer
from sslearn.datasets import make_scenes
from sslearn.networks import EfficientNetLite0
from sslearn.plotting import SimilarityMapDisplay

PICTURES = ("dog.jpg", "piano.png", "car.jpg", "flower.jpg", "temple.jpg")
SOUNDS = ("dog.wav", "piano.flac", "car.wav", "flower.wav", "temple.wav")


def _bark(t, rng):
    """Five falling tones with a burst of noise."""
    bark = np.zeros_like(t)
    for onset in (0.3, 1.1, 1.7, 2.4, 3.1):
        u = np.clip(t - onset, 0, 0.22)
        tone = np.sin(2 * np.pi * (420 * u - 500 * u**2)) * np.exp(-(((u - 0.08) / 0.06) ** 2))
        burst = 0.4 * rng.normal(size=t.size) * np.exp(-(((u - 0.06) / 0.05) ** 2))
        bark += (tone + burst) * ((u > 0) & (u < 0.22))
    return bark


def _piano(t, rng):
    """Eight notes of six harmonics, which decay the faster the higher they are."""
    notes = np.zeros_like(t)
    for i, f in enumerate((262, 330, 392, 523, 392, 330, 262, 392)):
        u = np.maximum(t - 0.5 * i, 0)
        for h in range(1, 7):
            notes += np.sin(2 * np.pi * f * h * u) / h**1.5 * np.exp(-u * (2 + h))
    return notes


def _engine(t, rng):
    """Harmonics of 55 Hz, whose pitch wavers, and low noise."""
    phase = 2 * np.pi * 55 * t * (1 + 0.01 * np.sin(t))
    hum = sum(np.sin(h * phase) / h for h in range(1, 12))
    return 0.3 * hum + 0.1 * lfilter([1], [1, -0.95], rng.normal(size=t.size))


def _chirps(t, rng):
    """A whistle that trills six times a second, in spells of a third of a second."""
    phase = 2 * np.pi * 2500 * t - 150 * np.cos(2 * np.pi * 6 * t)
    return np.sin(phase) * (np.sin(2 * np.pi * 1.5 * t) > 0)


def _bell(t, rng):
    """Five partials; the higher, the shorter."""
    partials = enumerate((180, 410, 620, 980, 1450))
    return sum(np.exp(-t * (k + 1) / 1.5) * np.sin(2 * np.pi * f * t) for k, f in partials)


def write_pairs(folder, random_state=0):
    """Write five pictures and five sounds.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    random_state : int, default=0
        Seed of all noise.

    Returns
    -------
    pairs : DataFrame of shape (5, 2)
        Paths in the columns ``image`` and ``audio``.
    """
    rng = np.random.default_rng(random_state)
    temple, flower = map(Image.fromarray, load_sample_images().images)
    pictures = draw_dog(rng), draw_piano(rng), draw_car(rng), flower, temple
    for name, picture in zip(PICTURES, pictures, strict=True):
        picture.save(folder / name)
    # Rate in Hz, seconds, and levels of the channels.
    makers = (
        (_bark, 44100, 4, (0.5, 0.35)),
        (_piano, 48000, 4, (0.5,)),
        (_engine, 22050, 6, (0.5,)),
        (_chirps, 16000, 4, (0.3,)),
        (_bell, 16000, 4, (0.5, 0.5)),
    )
    for name, (make, fs, seconds, levels) in zip(SOUNDS, makers, strict=True):
        sound = make(np.arange(fs * seconds) / fs, rng)
        sound = np.outer(sound / np.abs(sound).max(), levels)
        soundfile.write(folder / name, sound + 0.002 * rng.normal(size=sound.shape), fs)
    columns = {"image": PICTURES, "audio": SOUNDS}
    return pd.DataFrame({key: [folder / name for name in names] for key, names in columns.items()})


def fit_localizers(pairs):
    """Fit two localizers on the pairs, and one on made scenes.

    Parameters
    ----------
    pairs : DataFrame of shape (n_samples, 2)
        Pictures and sounds.

    Returns
    -------
    localizers : dict of str to estimator
        Fitted localizers by title.
    """
    options = {"image_size": 224, "random_state": 0}
    network = EfficientNetLite0(block=10)
    sspl = PredictiveAudioVisualLocalizer(network, max_epochs=20, **options)
    sacl = SemanticContrastiveLocalizer(network, max_epochs=40, **options)
    scenes = SemanticContrastiveLocalizer(cached_views=1, max_epochs=10, random_state=0)
    return {
        "SSPL, five pairs": sspl.fit(pairs),
        "SACL, five pairs": sacl.fit(pairs),
        "SACL, 240 made scenes": scenes.fit(make_scenes(240, random_state=0).data),
    }


def draw_maps(path, localizers, pairs):
    """Draw the maps of each localizer, with the own sound and that of the next picture.

    Parameters
    ----------
    path : Path
        JPEG file.
    localizers : dict of str to estimator
        Fitted localizers by title.
    pairs : DataFrame of shape (n_samples, 2)
        Pictures and sounds.
    """
    size = 7.7 * len(localizers), 2.4 * len(pairs) + 1
    figure = Figure(figsize=size, layout="constrained")
    parts = figure.subfigures(1, len(localizers))
    for part, (title, localizer) in zip(parts, localizers.items(), strict=True):
        part.suptitle(title, fontsize="x-large")
        axes = part.subplots(len(pairs), 2)
        SimilarityMapDisplay.from_estimator(localizer, pairs, sample=np.arange(len(pairs)), ax=axes)
    figure.savefig(path, dpi=75, pil_kwargs={"quality": 85})


def table_of_points(localizers, pairs):
    """Table of the predicted points, with the own sound and that of the next picture.

    Parameters
    ----------
    localizers : dict of str to estimator
        Fitted localizers by title.
    pairs : DataFrame of shape (n_samples, 2)
        Pictures and sounds.

    Returns
    -------
    rows : list of dict
        Picture and points, x and y as fractions from the upper left.
    """
    others = pairs.assign(audio=np.roll(pairs["audio"], -1))
    rows = [{"picture": path.stem} for path in pairs["image"]]
    for title, localizer in localizers.items():
        points = zip(rows, localizer.predict(pairs), localizer.predict(others), strict=True)
        for row, own, other in points:
            row[title] = "{:.2f} {:.2f} (other sound {:.2f} {:.2f})".format(*own, *other)
    return rows


def main(argv=None):
    """Draw the maps and print the points."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.audio_visual.photographs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the picture")
    parser.add_argument("--seed", type=int, default=0, help="of the noise in frames and sounds")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pairs = write_pairs(Path(folder), args.seed)
        localizers = fit_localizers(pairs)
        draw_maps(args.out / "audio_visual_photographs.jpg", localizers, pairs)
        rows = table_of_points(localizers, pairs)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
