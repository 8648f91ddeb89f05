"""Cues of clips of a head in random rooms and noise."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve
from sklearn.utils import Bunch

from sslearn import datasets
from sslearn.features import BinauralCues
from sslearn.geometry import angles_to_unit_vectors, unit_vectors_to_angles
from sslearn.simulation import Placement

FS = 16000
T60 = (0.15, 0.8)
DIMENSIONS = ((3.0, 3.0, 2.4), (10.0, 8.0, 4.0))
DISTANCES = (0.7, 3.0)
_RESPONSE = 0.5  # seconds
_MAX_ORDER = 14
_TAIL = (0.04, 0.055, 0.065)  # seconds: its level is that of the reflections, then it fades in
_EAR_BAND = (300.0, 1500.0)  # Hz, where the time difference changes smoothly with the direction
_N_FFT = 512  # of the coherence of a diffuse field
_N_ROOMS = 10
_ANECHOIC = 6  # one response in so many is without a room


@dataclass
class Cues:
    """Cues of clips.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_features)
        Binaural cues, float16.
    y : ndarray of shape (n_clips, 2)
        Azimuth and elevation in degrees, relative to the ears.
    labels : ndarray of shape (n_clips, 2)
        The same as it was measured.
    snr : ndarray of shape (n_clips,)
        Signal-to-noise ratio in dB.
    """

    X: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    snr: np.ndarray

    @classmethod
    def load(cls, path):
        """Cues that :meth:`save` wrote."""
        with np.load(path) as stored:
            return cls(**stored)

    @classmethod
    def join(cls, parts):
        """Cues of several parts."""
        names = cls.__dataclass_fields__
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})

    def save(self, path):
        """Write the cues, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **vars(self))
        part.replace(path)


def resized(head, scale):
    """A head whose ears are so many times as far apart, pinnae and all."""
    return Bunch(**{**head, "fs": round(head.fs / scale / 50) * 50.0})


def ear_frame(head):
    """Rotation of directions into a frame whose left is where the left ear is.

    People sit askew in front of the loudspeakers, by up to 10 degrees: the time differences of all
    directions, fitted by a linear function of the unit vector, give the axis of the ears.

    Parameters
    ----------
    head : Bunch
        Head.

    Returns
    -------
    frame : ndarray of shape (3, 3)
        Its rows are front, left and up.
    """
    phases = np.fft.rfft(head.hrirs, 2 * head.hrirs.shape[2])
    freqs = np.fft.rfftfreq(2 * head.hrirs.shape[2], 1 / head.fs)
    band = (freqs > _EAR_BAND[0]) & (freqs < _EAR_BAND[1])
    lags = np.linspace(-1e-3, 1e-3, 801)
    cross = (phases[:, 0] * phases[:, 1].conj())[:, band]
    later = (cross @ np.exp(-2j * np.pi * np.outer(freqs[band], lags))).real.argmax(axis=1)
    vectors = angles_to_unit_vectors(head.directions)
    design = np.column_stack([vectors, np.ones(len(vectors))])
    left = np.linalg.lstsq(design, lags[later], rcond=None)[0][:3]
    left /= np.linalg.norm(left)
    # Time differences do not depend on the pitch of the head: front stays level.
    front = np.cross(left, [0.0, 0.0, 1.0])
    front /= np.linalg.norm(front)
    return np.stack([front, left, np.cross(front, left)])


def turned(y, frame):
    """Directions (n, 2) in another frame."""
    return unit_vectors_to_angles(angles_to_unit_vectors(y) @ frame.T)


def responses(head, n_responses, *, elevations, seed):
    """Responses of a head in random rooms, and some without a room.

    Parameters
    ----------
    head : Bunch
        Head.
    n_responses : int
        Number of responses.
    elevations : tuple of (float, float)
        Lowest and highest elevation in degrees.
    seed : list of int
        Makes rooms, places and directions reproducible.

    Returns
    -------
    brirs : ndarray of shape (n_responses, 2, n_taps)
        Responses.
    y : ndarray of shape (n_responses, 2)
        Azimuth and elevation in degrees.
    mixing : ndarray of shape (n_freqs, 2, 2)
        As :func:`diffuse_mixing` returns it.
    """
    rng = np.random.default_rng(seed)
    head = datasets.resample_hrirs(head, FS)
    mixing = diffuse_mixing(head.hrirs)
    impulse = np.zeros(round(_RESPONSE * FS))
    impulse[0] = 1.0
    placement = Placement(
        azimuth_range=(-180, 180),
        elevation_range=elevations,
        distance_range=DISTANCES,
        height=(1.1, 1.75),
        n_receivers=None,
    )
    table = datasets.make_shoebox_rooms(
        _N_ROOMS, dimensions=DIMENSIONS, t60=T60, random_state=int(rng.integers(2**31))
    )
    n_anechoic = n_responses // _ANECHOIC
    parts = []
    for n, rooms in ((n_anechoic, None), (n_responses - n_anechoic, table)):
        if n == 0:
            continue
        clips = datasets.make_binaural(
            n,
            heads=head,
            rooms=rooms,
            sounds=[impulse],
            placement=placement,
            duration=_RESPONSE,
            max_order=_MAX_ORDER,
            random_state=int(rng.integers(2**31)),
        )
        brirs = clips.data
        if rooms is not None:
            t60 = table.t60[clips.metadata["room"]].to_numpy()
            brirs = with_tail(brirs, t60, mixing, rng)
        parts.append((brirs, clips.target))
    brirs, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    return brirs, y, mixing


def diffuse_mixing(hrirs):
    """Cholesky factors (n_freqs, 2, 2) of the covariance of the ears in a diffuse field.

    Parameters
    ----------
    hrirs : ndarray of shape (n_directions, 2, n_taps)
        Responses in directions all around.

    Returns
    -------
    mixing : ndarray of shape (n_freqs, 2, 2)
        The ears have a mean power of 1 in white noise.
    """
    spectra = np.fft.rfft(hrirs[..., :_N_FFT], _N_FFT)
    covariance = np.einsum("def,dgf->feg", spectra, spectra.conj()) / len(spectra)
    power = np.einsum("fee->f", covariance).real.mean() / 2
    return np.linalg.cholesky(covariance / power + 1e-6 * np.eye(2))


def diffuse(noise, mixing):
    """Diffuse noise (n, 2, n_times) at the ears of independent noises (n, 2, n_times)."""
    n_times = noise.shape[2]
    spectra = np.fft.rfft(noise)
    own, wanted = (np.linspace(0, 1, n) for n in (len(mixing), spectra.shape[2]))
    rows = [
        sum(spectra[:, s] * np.interp(wanted, own, mixing[:, e, s]) for s in range(e + 1))
        for e in range(2)
    ]
    return np.fft.irfft(np.stack(rows, axis=1), n_times)


def with_tail(brirs, t60, mixing, rng):
    """Responses (n, 2, n_taps) continued by diffuse noise where image sources are cut off."""
    times = np.arange(brirs.shape[2]) / FS
    decay = 10 ** (-3 * times / t60[:, None, None])
    tail = decay * diffuse(rng.standard_normal(brirs.shape), mixing)
    first, start, end = _TAIL
    late = (times >= first) & (times < start)
    power, own = (np.square(x[..., late]).sum(axis=(1, 2)) for x in (brirs, decay))
    gain = np.sqrt(power / (2 * own))[:, None, None]
    fade = np.clip((times - start) / (end - start), 0, 1)
    return (np.sqrt(1 - fade) * brirs + np.sqrt(fade) * gain * tail).astype(np.float32)


def cues(brirs, mixing, snr, sounds, noises, duration, rng):
    """Cues of clips of sounds that are played through responses, in noise.

    Parameters
    ----------
    brirs : ndarray of shape (n_clips, 2, n_taps)
        Responses.
    mixing : ndarray of shape (n_freqs, 2, 2)
        Of diffuse noise, which is in half of the clips; the others have white noise.
    snr : ndarray of shape (n_clips,)
        Signal-to-noise ratios in dB.
    sounds, noises : Sounds
        Sources and diffuse noise.
    duration : float
        Seconds.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    X : ndarray of shape (n_clips, n_features)
        Cues, float16.
    """
    n_times, n_clips = round(duration * FS), len(brirs)
    dry = _excerpts(sounds, (n_clips, 1), n_times, rng)
    clips = fftconvolve(brirs, dry, axes=2)[..., :n_times]
    noise = rng.standard_normal(clips.shape)
    noise[::2] = diffuse(_excerpts(noises, noise[::2].shape[:2], n_times, rng), mixing)
    ratio = np.square(clips).mean(axis=(1, 2)) / np.square(noise).mean(axis=(1, 2))
    noise *= np.sqrt(ratio / 10 ** (snr / 10))[:, None, None]
    return BinauralCues(FS).fit_transform((clips + noise).astype(np.float32)).astype(np.float16)


def _excerpts(sounds, shape, n_times, rng):
    player = sounds.player(fs=FS, n_times=n_times)
    excerpts = [player.excerpt(player.draw_index(rng), rng) for _ in range(np.prod(shape))]
    return np.reshape(excerpts, (*shape, n_times))
