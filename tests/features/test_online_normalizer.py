import numpy as np
import pytest

from sslearn.features import OnlineNormalizer


def spectra(n_samples=3, n_frames=40, dtype=np.complex128):
    rng = np.random.default_rng(0)
    shape = (n_samples, 2, 5, n_frames)
    X = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return (X * np.geomspace(0.01, 100, n_frames)).astype(dtype)


def released_levels(m, n_frames):
    """The recursion of the released code, one clip, frame by frame."""
    mu = 0.0
    for t, level in enumerate(m):
        a = min((t - 1) / (t + 1), (n_frames - 1) / (n_frames + 1))
        a = a if t < n_frames else (n_frames - 1) / (n_frames + 1)
        mu = a * mu + (1 - a) * level
        yield mu


def test_first_levels_by_hand():
    X = np.array([1.0, 4.0, 7.0]).reshape(1, 1, 1, 3).astype(complex)
    levels = [2.0, 4.0, 4.0 / 3 + 7.0 * 2 / 3]
    normalized = OnlineNormalizer().transform(X).ravel()
    np.testing.assert_allclose(normalized, X.ravel() / (np.array(levels) + 1e-6), rtol=1e-12)


@pytest.mark.parametrize("n_frames", [1, 2, 10, 249])
def test_levels_are_those_of_the_released_recursion(n_frames):
    X = spectra()
    normalized = OnlineNormalizer(n_frames).transform(X)
    for clip, expected in zip(X, normalized, strict=True):
        levels = np.array(list(released_levels(np.abs(clip).mean(axis=(0, 1)), n_frames)))
        np.testing.assert_allclose(expected, clip / (levels + 1e-6), rtol=1e-12)


def test_differences_of_channels_and_bins_stay():
    X = spectra()
    normalized = OnlineNormalizer().transform(X)
    np.testing.assert_allclose(normalized / normalized[:, :1, :1], X / X[:, :1, :1])


def test_level_of_the_signal_does_not_matter():
    X = spectra() + 1.0
    quiet = OnlineNormalizer(10).transform(X / 4)
    np.testing.assert_allclose(quiet, OnlineNormalizer(10).transform(X), rtol=1e-5)


def test_future_does_not_matter():
    X = spectra()
    other = X.copy()
    other[..., 20:] *= 1e3
    transform = OnlineNormalizer().transform
    np.testing.assert_array_equal(transform(other)[..., :20], transform(X)[..., :20])


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("sizes", [[1] * 40, [0, 13, 0, 26, 1], [40]])
def test_steps_equal_the_whole(dtype, sizes):
    X = spectra(dtype=dtype)
    normalizer = OnlineNormalizer(7)
    state, outputs = normalizer.initial_state(3), []
    for part in np.split(X, np.cumsum(sizes)[:-1], axis=3):
        output, state = normalizer.step(part, state)
        outputs.append(output)
    outputs = np.concatenate(outputs, axis=3)
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs, normalizer.transform(X), rtol=1e-6)
    assert state[0] == 40


def test_a_state_can_be_used_twice():
    X, normalizer = spectra(), OnlineNormalizer()
    _, state = normalizer.step(X[..., :10], normalizer.initial_state(3))
    first, _ = normalizer.step(X[..., 10:], state)
    second, _ = normalizer.step(X[..., 10:], state)
    np.testing.assert_array_equal(first, second)


def test_silence_stays_silent():
    X = np.zeros((2, 2, 5, 6), np.complex64)
    np.testing.assert_array_equal(OnlineNormalizer().transform(X), X)


def test_other_number_of_signals_is_refused():
    normalizer = OnlineNormalizer()
    with pytest.raises(ValueError, match="batch_size=2"):
        normalizer.step(spectra(), normalizer.initial_state(2))
    with pytest.raises(ValueError, match="batch_size"):
        normalizer.initial_state(0)
    with pytest.raises(TypeError, match="complex"):
        normalizer.step(np.abs(spectra()), normalizer.initial_state(3))


def test_names_are_those_of_the_spectrum():
    names = OnlineNormalizer().fit(spectra()).get_feature_names_out()
    assert len(names) == 10
    assert names[0].startswith("channel0")
