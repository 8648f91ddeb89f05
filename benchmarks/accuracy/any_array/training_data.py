"""Clips of many random arrays in many rooms, a file for each array."""

import os
from pathlib import Path

import numpy as np

from sslearn.datasets import make_shoebox
from sslearn.geometry import angles_to_unit_vectors
from sslearn.simulation import Interferer, Noise, Placement, ShoeboxRooms

KINDS = ("line", "circle", "irregular", "upright", "spatial")
_APERTURES = (0.02, 0.5)  # metres
_T60 = (0.2, 1.0)
_SNR = (-5, 30)


def draw_array(rng, n_mics=(2, 8)):
    """Kind and microphone positions of a random array.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n_mics : tuple of (int, int), default=(2, 8)
        Lowest number of microphones, and highest plus one.

    Returns
    -------
    kind : str
        One of ``KINDS``.
    mics : ndarray of shape (n_mics, 3)
        Positions in metres around their mean.
    """
    m = int(rng.integers(*n_mics))
    kind = "line" if m == 2 else KINDS[rng.integers(len(KINDS))]
    if kind == "spatial":
        m = max(m, 4)
    mics = rng.uniform(-1, 1, (m, 3))
    if kind == "line":
        even = np.linspace(-1, 1, m)
        along = even if rng.random() < 0.5 else np.sort(np.r_[-1, 1, rng.uniform(-1, 1, m - 2)])
        mics = np.column_stack([along, 0 * along, 0 * along])
    elif kind == "circle":
        turn = 2 * np.pi * np.arange(m) / m
        mics = np.column_stack([np.cos(turn), np.sin(turn), 0 * turn])
        # Devices often have one in the middle.
        mics[-1] *= m < 4 or rng.random() < 0.7
    elif kind == "irregular":
        mics[:, 2] = 0
    elif kind == "upright":
        mics[:, 1] = 0
    apart = np.linalg.norm(mics[:, None] - mics, axis=2)
    aperture = np.exp(rng.uniform(*np.log(_APERTURES)))
    mics = mics * aperture / apart.max()
    yaw = rng.uniform(-np.pi, np.pi)
    turn = [[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]]
    if apart[~np.eye(m, dtype=bool)].min() < 0.1 * apart.max():
        return draw_array(rng, n_mics)
    return kind, (mics - mics.mean(axis=0)) @ turn


def render_array(seed, speech, noises, *, n_clips=10, n_mics=(2, 8)):
    """Clips of 1 s of one random array.

    Parameters
    ----------
    seed : int
        Makes array, rooms and clips reproducible.
    speech : list of str or None
        Paths of recordings of talkers; white noise in their place if None.
    noises : list of str
        Paths of recordings of noise.
    n_clips : int, default=10
        Number of clips.
    n_mics : tuple of (int, int), default=(2, 8)
        As in :func:`draw_array`.

    Returns
    -------
    record : dict
        ``audio``, int16 of shape (n_clips, n_mics, 16000), ``mic_positions``, ``sources``, unit
        vectors (n_clips, 2, 3) with NaN for absent ones, ``snr``, ``t60``, and ``kind``, ``noise``
        and ``n_angles`` of all clips.
    """
    rng = np.random.default_rng([24, seed])
    kind, mics = draw_array(rng, n_mics)
    n_sources = 1 + int(rng.random() < 0.35)
    n_angles = 1 + int(kind != "line" and rng.random() < 0.3)
    noise = ("white", "diffuse", "interferer")[rng.integers(3)]
    placement = Placement(
        distance_range=(0.5, 3.0),
        elevation_range=(-30, 60) if n_angles == 2 else "auto",
        min_separation=20.0,
    )
    arguments = {"noise": Noise(_SNR, kind="white" if noise == "interferer" else noise)}
    if noise == "diffuse" and rng.random() < 0.5:
        arguments = {"noise": Noise(_SNR, kind="diffuse", sounds=noises)}
    if noise == "interferer":
        arguments = {"noise": Noise((20, 40)), "interferer": Interferer(noises, sir=_SNR)}
    clips = make_shoebox(
        n_clips,
        mic_positions=mics,
        rooms=ShoeboxRooms(n_clips, t60=_T60),
        sounds=speech,
        n_sources=n_sources,
        placement=placement,
        duration=1.0,
        mixing_time="auto",
        random_state=seed,
        **arguments,
    )
    angles = np.asarray(clips.target).reshape(n_clips * n_sources, -1)
    vectors = angles_to_unit_vectors(angles if angles.shape[1] > 1 else angles[:, 0])
    sources = np.full((n_clips, 2, 3), np.nan)
    sources[:, :n_sources] = vectors.reshape(n_clips, n_sources, 3)
    peak = np.abs(clips.data).max(axis=(1, 2), keepdims=True)
    column = "sir" if noise == "interferer" else "snr"
    return {
        "audio": np.rint(clips.data / peak * 32000).astype(np.int16),
        "mic_positions": mics,
        "sources": sources,
        "snr": clips.metadata[column].to_numpy(),
        "t60": clips.metadata["t60"].to_numpy(),
        "kind": kind,
        "noise": noise,
        "n_angles": n_angles,
    }


def recordings(training):
    """Paths of speech and of noise, of other talkers for training than for tests."""
    folder = Path(os.environ["SSLEARN_DATA"])
    part = "train-clean-100" if training else "test-other"
    speech = sorted(map(str, (folder / "speech_librispeech" / part).rglob("*.flac")))
    noises = sorted(map(str, (folder / "noise").glob("*.flac")))
    return speech, noises[:3] if training else noises[3:]


def render(folder, n_arrays, *, training=True, first=0, n_mics=(2, 8), white=False):
    """Render the clips of so many arrays into a folder; those that are there are kept."""
    speech, noises = recordings(training)
    speech = None if white else speech
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + n_arrays):
        path = folder / f"array_{seed:06d}.npz"
        if path.exists():
            continue
        try:
            record = render_array(seed, speech, noises, n_mics=n_mics)
        except ValueError as error:
            print(f"{path.name}: {error}"[:200], flush=True)
            continue
        part = path.with_suffix(".part.npz")
        np.savez(part, **record)
        part.rename(path)
