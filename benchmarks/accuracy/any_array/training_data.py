"""Clips of many random arrays in many rooms, a file for each array."""

import numpy as np

from benchmarks.accuracy.any_array import arrays, data

_N_MICS = (2, 8)
_DISTANCES = (0.5, 3.0)


def draw_clips(seed, speech, recordings, n_clips=10):
    """Clips of a random array, with random noise and number of talkers.

    Parameters
    ----------
    seed : int
        Makes array, rooms and clips reproducible.
    speech : Sounds or None
        Talkers; white noise in their place if None.
    recordings : list of str
        Paths of noise.
    n_clips : int, default=10
        Number of clips.

    Returns
    -------
    clips : Clips
        The clips.
    """
    rng = np.random.default_rng([24, seed])
    n_mics = int(rng.integers(*_N_MICS))
    kind = "line" if n_mics == 2 else arrays.KINDS[rng.integers(len(arrays.KINDS))]
    noise = data.NOISES[rng.integers(len(data.NOISES))]
    if noise == "diffuse" and rng.random() < 0.5:
        recordings = None
    n_mics = max(n_mics, arrays.LEAST_MICS[kind])
    aperture = np.exp(rng.uniform(*np.log(arrays.APERTURES)))
    n_sources = 1 + int(rng.random() < 0.35)
    on_sphere = kind != "line" and rng.random() < 0.3
    return data.render_array(
        rng,
        kind,
        arrays.draw_array(kind, n_mics, aperture, rng),
        n_clips=n_clips,
        noise=noise,
        n_sources=n_sources,
        on_sphere=on_sphere,
        sounds=speech,
        recordings=recordings,
        distance_range=_DISTANCES,
        mixing_time="auto",
    )


def render(folder, n_arrays, sounds, *, first=0):
    """Clips of so many arrays, kept in a folder; those that are there are not rendered again.

    Parameters
    ----------
    folder : Path
        Folder of the clips, a file for each array.
    n_arrays : int
        Number of arrays.
    sounds : tuple of (Sounds or None, list of str)
        Talkers, or None for white noise, and recordings of noise.
    first : int, default=0
        Seed of the first array.

    Returns
    -------
    records : list of Clips
        Clips of each array.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for seed in range(first, first + n_arrays):
        path = folder / f"array_{seed:06d}.npz"
        if not path.exists():
            draw_clips(seed, *sounds).save(path)
        records.append(data.Clips.load(path))
    return records
