"""Sums over frames that fade, against those of the whole signal with the same weights."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.decoding import AdjacentDecoder, ArgmaxDecoder
from sslearn.doa import ESPRIT, MUSIC, MVDR, SRPPHAT, IntensityLocalizer, TDOALocalizer
from sslearn.features import STFT, AudioReader
from sslearn.geometry import angles_to_unit_vectors, circular_array, circular_grid, steering_vectors
from sslearn.streaming import StreamingLocalizer

MICS, GRID = circular_array(4, 0.05), circular_grid(5.0)
FS, HOP, N_FRAMES, GAMMA = 16000, 64, 10, 0.6
PERIOD = N_FRAMES * HOP / FS


@pytest.fixture(scope="module")
def signal():
    """A talker at 40 degrees, then at -70."""
    X = make_plane_waves(
        2, mic_positions=MICS, directions=[40.0, -70.0], duration=0.2, snr=10, random_state=0
    ).data
    return np.concatenate(X, axis=1).astype(float)


def fitted(localizer, signal):
    steps = make_pipeline(AudioReader(), STFT(256, hop_length=HOP))
    return localizer.set_params(batch_transform=steps).fit(signal[None])


def streamed(localizer, signal, size=777):
    stream = StreamingLocalizer(localizer, hop=PERIOD, forgetting_time=-PERIOD / np.log(GAMMA))
    assert stream.mode_ == "recursive"
    chunks = np.split(signal, range(size, signal.shape[1], size), axis=1)
    return [np.concatenate(parts) for parts in zip(*map(stream.push, chunks), strict=True)]


def weighted_frames(localizer, signal):
    """Spectra of the band, and the weights of all frames in each output."""
    X = STFT(256, hop_length=HOP).fit_transform(signal[None])[0]
    hops = np.arange(X.shape[2] // N_FRAMES * N_FRAMES) // N_FRAMES
    ages = np.arange(hops[-1] + 1)[:, None] - hops
    weights = np.where(ages >= 0, GAMMA ** np.maximum(ages, 0), 0.0)
    return X[:, localizer.bins_, : len(hops)], weights


def srp_phat(phases, weights, freqs):
    """Mean over pairs of the steered power of phases (n_mics, n_freqs, n_frames)."""
    steered = steering_vectors(MICS, GRID, freqs)
    covariances = np.einsum("t,mft,nft->fmn", weights, phases, phases.conj()) / weights.sum()
    power = np.einsum("fdm,fmn,fdn->d", steered.conj(), covariances, steered).real / len(freqs)
    return (power - 4) / 12  # 12 of 16 products are of different microphones


def test_srp_phat_is_that_of_the_formula(signal):
    localizer = fitted(SRPPHAT(MICS, grid=GRID, decoder=ArgmaxDecoder()), signal)
    times, directions, scores = streamed(localizer, signal)
    X, weights = weighted_frames(localizer, signal)
    freqs = np.arange(129)[localizer.bins_] * FS / 256
    expected = np.array([srp_phat(X / np.abs(X), w, freqs) for w in weights])
    np.testing.assert_allclose(scores[:, 0], expected.max(axis=1), atol=1e-5)
    np.testing.assert_array_equal(directions[:, 0, 0], GRID[expected.argmax(axis=1)])
    np.testing.assert_allclose(np.diff(times), PERIOD)
    assert times[0] == pytest.approx((4.5 * HOP + 128) / FS)
    # It turns to the second talker.
    assert directions[[0, -1], 0, 0].tolist() == [40.0, -70.0]


@pytest.mark.parametrize(
    "localizer",
    [
        MVDR(MICS, grid=GRID),
        MUSIC(MICS, grid=GRID),
        MUSIC(MICS, grid=GRID, n_sources=2),
        ESPRIT(MICS, grid=GRID),
        ESPRIT(MICS, grid=GRID, n_sources=2),
    ],
    ids=str,
)
def test_covariances_are_those_of_weighted_frames(localizer, signal):
    localizer = fitted(localizer, signal)
    _, directions, scores = streamed(localizer, signal)
    X, weights = weighted_frames(localizer, signal)
    for found, score, w in zip(directions, scores, weights, strict=True):
        sums = localizer._sums((X * np.sqrt(w))[None])
        sums.n_frames = w.sum()
        expected = localizer._locate_and_score(sums)[0]
        np.testing.assert_allclose(found, expected[:, :-1], atol=1e-5)
        np.testing.assert_allclose(score, expected[:, -1], rtol=1e-5)


def test_time_differences_are_those_of_weighted_phases(signal):
    localizer = fitted(TDOALocalizer(MICS, grid=GRID), signal)
    _, directions, scores = streamed(localizer, signal)
    X, weights = weighted_frames(localizer, signal)
    phases = X / np.abs(X)
    i, j = localizer.pairs_.T
    for found, score, w in zip(directions, scores, weights, strict=True):
        sums = localizer._sums(X[None])
        sums.n_frames = w.sum()
        sums.products = np.einsum("t,pft->fp", w, phases[i] * phases[j].conj())[None]
        expected = localizer._locate_and_score(sums)[0]
        np.testing.assert_allclose(found, expected[:, :-1], atol=1e-5)
        np.testing.assert_allclose(score, expected[:, -1], rtol=1e-5)


@pytest.mark.parametrize("decoder", [None, AdjacentDecoder()])
def test_intensity_is_the_weighted_mean(decoder):
    rng = np.random.default_rng(0)
    sounds = rng.standard_normal((2, 1, 4000))
    y = np.array([[40.0, 20.0], [-70.0, -10.0]])
    gains = np.insert(angles_to_unit_vectors(y)[:, [1, 2, 0]], 0, 1, axis=1)
    signal = np.concatenate(sounds * gains[:, :, None], axis=1)
    localizer = fitted(IntensityLocalizer(normalize=False, decoder=decoder), signal)
    _, directions, _ = streamed(localizer, signal)
    if decoder is not None:
        assert np.abs(directions[[0, -1], 0] - y).max() < 3
        return
    X, weights = weighted_frames(localizer, signal)
    vectors = np.real(X[0].conj() * X[[3, 1, 2]]).sum(axis=1) @ weights.T
    expected = np.rad2deg(
        [
            np.arctan2(vectors[1], vectors[0]),
            np.arctan2(vectors[2], np.hypot(vectors[0], vectors[1])),
        ]
    )
    np.testing.assert_allclose(directions[:, 0], expected.T, atol=1e-5)


def test_chunks_change_nothing(signal):
    localizer = fitted(SRPPHAT(MICS, grid=GRID), signal)
    whole = streamed(localizer, signal, 10**6)
    for size in (1, 63, 1000):
        for found, expected in zip(streamed(localizer, signal, size), whole, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_default_forgets_in_a_third_of_a_second(signal):
    localizer = fitted(SRPPHAT(MICS, grid=GRID), signal)
    default, same = (StreamingLocalizer(localizer, **params) for params in ({}, {"hop": 0.1}))
    given = StreamingLocalizer(localizer, hop=0.1, forgetting_time=0.3)
    other = StreamingLocalizer(localizer, forgetting_time=0.03)
    found = [stream.push(signal).directions for stream in (default, same, given, other)]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0] - found[3]).max() > 1e-3


def test_reset_forgets(signal):
    stream = StreamingLocalizer(fitted(SRPPHAT(MICS, grid=GRID), signal))
    first = stream.push(signal[:, :3000])
    assert stream.flush().times.size == 0
    again = stream.push(signal[:, :3000])
    np.testing.assert_array_equal(first.directions, again.directions)
    np.testing.assert_array_equal(first.times, again.times)


def test_blocks_are_replaced_by_a_forgetting_time(signal):
    localizer = fitted(SRPPHAT(MICS, grid=GRID, block_size=3), signal)
    assert StreamingLocalizer(localizer).mode_ == "blocks"
    assert StreamingLocalizer(localizer, forgetting_time=0.2).mode_ == "recursive"
