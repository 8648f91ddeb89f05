import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.doa import ESPRIT, SRPPHAT
from sslearn.doa._esprit_roots import esprit_roots
from sslearn.encoding import PeakDecoder
from sslearn.exceptions import AmbiguityWarning, SilenceWarning, SpatialAliasingWarning
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    linear_array,
    rectangular_array,
    spherical_array,
    steering_vectors,
    tetrahedral_array,
)
from sslearn.metrics import angular_error

LINE, CIRCLE = linear_array(8, 0.04), circular_array(8, 0.1)
FREQS = np.arange(65) * 125.0

pytestmark = pytest.mark.filterwarnings("error")
both = pytest.mark.parametrize("mics", [LINE, CIRCLE], ids=["line", "circle"])


def complex_noise(rng, shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def plane_waves(mics, azimuths, *, n_frames=30, noise=0.0, levels=1.0, seed=0):
    """Spectra (n, n_mics, 65, n_frames) of plane waves, exact; azimuths (n,) or (n, k, 1)."""
    rng = np.random.default_rng(seed)
    azimuths = np.asarray(azimuths, dtype=float).reshape(len(azimuths), -1)
    shape = azimuths.shape
    steering = steering_vectors(mics, azimuths.ravel(), FREQS).reshape(len(FREQS), *shape, -1)
    signals = complex_noise(rng, (len(FREQS), *shape, n_frames)) * np.reshape(levels, (-1, 1))
    X = (steering.swapaxes(2, 3) @ signals).transpose(1, 2, 0, 3)
    return X + noise * complex_noise(rng, X.shape)


def predict(mics, X, **parameters):
    return ESPRIT(mics, **parameters).fit(X).predict(X)


def around(center, *offsets):
    """Azimuths (n, n_sources, 1) around centres."""
    return np.asarray(center, dtype=float)[:, None, None] + np.reshape(offsets, (-1, 1))


# ------------------------------------------------------------------ known answers


@pytest.mark.parametrize("n_refinements", [0, 10])
def test_exact_in_front_of_a_line(n_refinements):
    azimuths = np.linspace(-89, 89, 60)
    predicted = predict(LINE, plane_waves(LINE, azimuths), n_refinements=n_refinements)
    assert predicted.shape == azimuths.shape
    assert angular_error(azimuths, predicted).max() < 1e-3


def test_ends_of_a_line():
    # The sine is exact there, but the angle is infinitely steep in it.
    predicted = predict(LINE, plane_waves(LINE, [-90.0, 90.0]), freq_range=(200, 3500))
    assert angular_error([-90.0, 90.0], predicted).max() < 0.1


@pytest.mark.parametrize("n_mics", [3, 4, 5, 6, 7, 8, 13])
def test_exact_around_a_circle(n_mics):
    mics = circular_array(n_mics, 0.05)
    azimuths = np.append(np.linspace(-180, 180, 40, endpoint=False), [179.999, -179.999])
    predicted = predict(mics, plane_waves(mics, azimuths))
    assert ((predicted >= -180) & (predicted < 180)).all()
    assert angular_error(azimuths, predicted).max() < 1e-3


@pytest.mark.parametrize("n_sources", [2, 3])
@both
def test_exact_with_several_sources(mics, n_sources):
    centers = np.linspace(-35, 35, 15) if mics is LINE else np.linspace(-180, 170, 15)
    azimuths = around(centers, *(30.0 * (np.arange(n_sources) - (n_sources - 1) / 2)))
    predicted = predict(mics, plane_waves(mics, azimuths), n_sources=n_sources)
    assert predicted.shape == (15, n_sources, 1)
    assert angular_error(azimuths, predicted).max() < 1e-3


@both
def test_two_sources_close_to_each_other_in_noise(mics):
    centers = np.linspace(-45, 45, 20) if mics is LINE else np.linspace(-180, 162, 20)
    azimuths = around(centers, -7.5, 7.5)
    X = plane_waves(mics, azimuths, noise=np.sqrt(0.2), n_frames=60)
    assert angular_error(azimuths, predict(mics, X, n_sources=2)).max() < 2


def test_bias_of_the_modes_is_refined_away():
    azimuths = around(np.linspace(-180, 162, 20), -10, 10)
    X = plane_waves(CIRCLE, azimuths)
    raw = angular_error(azimuths, predict(CIRCLE, X, n_sources=2, n_refinements=0))
    refined = angular_error(azimuths, predict(CIRCLE, X, n_sources=2))
    assert raw.max() > 0.5
    assert refined.max() < 1e-3


def test_audio_in_a_pipeline():
    azimuths = np.linspace(-80, 80, 21)
    X = make_plane_waves(21, mic_positions=LINE, directions=azimuths, duration=0.5, random_state=0)
    model = make_pipeline(STFT(512), ESPRIT(LINE)).fit(X.data)
    assert angular_error(azimuths, model.predict(X.data)).max() < 0.3
    lazy = ESPRIT(LINE, batch_transform=STFT(512)).fit(X.data)
    np.testing.assert_allclose(lazy.predict(X.data), model.predict(X.data), atol=1e-3)


def test_strongest_source_comes_first():
    azimuths = around([0.0, 10.0], 25, -20, 0)
    X = plane_waves(LINE, azimuths, levels=[0.5, 1.0, 0.25], noise=0.01)
    predicted = predict(LINE, X, n_sources=3)
    np.testing.assert_allclose(predicted, azimuths[:, [1, 0, 2]], atol=0.5)


def test_a_source_at_other_frequencies_than_the_other():
    """Each source is heard at half of the frequencies alone."""
    azimuths = np.array([[20.0, -10.0]])
    low, high = (plane_waves(CIRCLE, azimuths[:, k], seed=k) for k in range(2))
    low[:, :, 8:], high[:, :, :8] = 0, 0
    X = low + high + plane_waves(CIRCLE, [0.0], levels=0.0, noise=0.03)
    predicted = predict(CIRCLE, X, n_sources=2)
    assert angular_error(azimuths[..., None], predicted).max() < 1


@pytest.mark.parametrize("turn", [-150, -90, -45, 30, 90, 180])
def test_any_orientation_of_a_line(turn):
    """Azimuths are those in front; to the left of a line from front to back."""
    rotated = angles_to_unit_vectors(np.array([turn + 90.0])) * np.linspace(-0.1, 0.1, 6)[:, None]
    broadside = turn if abs(turn) < 90 else turn - np.sign(turn) * 180
    broadside = 90 if abs(turn) == 90 else broadside
    azimuths = broadside + np.linspace(-85, 85, 21)
    predicted = predict(rotated, plane_waves(rotated, azimuths))
    assert np.abs(circular_difference(azimuths, predicted)).max() < 1e-3


@both
def test_place_and_order_of_microphones_do_not_matter(mics):
    order = np.random.default_rng(0).permutation(8)
    mics = (mics + np.array([1.0, -2.0, 0.5]))[order]
    azimuths = around([-20.0, 15.0, 50.0], -10, 10)
    predicted = predict(mics, plane_waves(mics, azimuths), n_sources=2)
    assert angular_error(azimuths, predicted).max() < 1e-3


@both
def test_small_deviations_of_microphones_are_taken_into_account(mics):
    rng = np.random.default_rng(0)
    mics = mics + rng.uniform(-3e-4, 3e-4, mics.shape) * [1, 1, 0]
    azimuths = around([-20.0, 15.0, 30.0], -10, 10)
    predicted = predict(mics, plane_waves(mics, azimuths), n_sources=2)
    # A line sees sources in front only, whatever is off the line.
    assert angular_error(azimuths, predicted).max() < (0.5 if len(mics) == 8 else 1e-3)


def test_block_size_makes_tracks():
    azimuths = np.array([-30.0, 40.0])
    X = np.concatenate([plane_waves(LINE, azimuths), plane_waves(LINE, azimuths + 15)], axis=3)
    track = predict(LINE, X, block_size=20)
    assert track.shape == (2, 3, 1, 1)
    np.testing.assert_allclose(track[:, 0, 0, 0], azimuths, atol=1e-3)
    np.testing.assert_allclose(track[:, 2, 0, 0], azimuths + 15, atol=1e-3)
    assert predict(LINE, X, block_size=25, n_sources=2).shape == (2, 3, 2, 1)


@both
def test_threads_and_chunks_do_not_matter(mics):
    azimuths = around(np.linspace(-40, 40, 30), -10, 10)
    X = plane_waves(mics, azimuths, noise=0.3)
    localizer = ESPRIT(mics, n_sources=2).fit(X)
    one_by_one = np.concatenate([localizer.predict(x[None]) for x in X])
    np.testing.assert_allclose(localizer.predict(X), one_by_one, atol=1e-5)
    threaded = clone(localizer).set_params(n_jobs=2).fit(X)
    np.testing.assert_allclose(threaded.predict(X), one_by_one, atol=1e-5)


def test_list_float32_and_pickle():
    X = plane_waves(CIRCLE, [10.0, -170.0], noise=0.1)
    localizer = ESPRIT(CIRCLE).fit(X)
    expected = localizer.predict(X)
    np.testing.assert_array_equal(localizer.predict(list(X)), expected)
    np.testing.assert_allclose(localizer.predict(X.astype(np.complex64)), expected, atol=1e-3)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(localizer)).predict(X), expected)


# ------------------------------------------------------------------ edges


@both
def test_one_frame(mics):
    X = plane_waves(mics, [-40.0, 25.0], n_frames=1)
    np.testing.assert_allclose(predict(mics, X), [-40, 25], atol=1e-3)


@both
def test_frames_fewer_than_sources_are_refused(mics):
    X = plane_waves(mics, [-40.0, 25.0], n_frames=2)
    with pytest.raises(ValueError, match=r"X must have at least 3 frames.*got 2"):
        predict(mics, X, n_sources=3)
    with pytest.raises(ValueError, match=r"X must have at least 2 frames.*got 1"):
        predict(mics, X, n_sources=2, block_size=1)


@both
def test_sources_in_one_place_leave_the_other_direction_undefined(mics):
    predicted = predict(mics, plane_waves(mics, around([20.0, -30.0], 0, 0)), n_sources=2)
    assert np.isfinite(predicted).all()
    nearest = np.abs(predicted[..., 0] - [[20.0], [-30.0]]).min(axis=1)
    assert nearest.max() < 0.1


@both
def test_silence_is_named(mics):
    X = plane_waves(mics, [10.0, 20.0], n_frames=5)
    localizer = ESPRIT(mics, n_sources=2).fit(X)
    X[1] = 0
    with pytest.warns(SilenceWarning, match="sample 1"):
        predicted = localizer.predict(X)
    assert np.isfinite(predicted).all()


@both
def test_nan_is_refused(mics):
    X = plane_waves(mics, [10.0, 20.0], n_frames=5)
    localizer = ESPRIT(mics).fit(X)
    X[1, 2, 20, 3] = np.nan
    with pytest.raises(ValueError, match=r"X.*NaN.*1"):
        localizer.predict(X)


def test_aliasing_is_left_out():
    mics = linear_array(6, 0.1)
    azimuths = around(np.linspace(-60, 60, 9), -8, 8)
    X = plane_waves(mics, azimuths)
    with pytest.warns(SpatialAliasingWarning, match="above 1715 Hz are left out") as record:
        localizer = ESPRIT(mics, n_sources=2).fit(X)
    assert record[0].filename == __file__
    assert localizer.freqs_.min() == 250
    assert localizer.freqs_.max() == 1625
    assert angular_error(azimuths, localizer.predict(X)).max() < 1e-3


@pytest.mark.parametrize("mics", [linear_array(4, 0.2), circular_array(6, 0.4)])
def test_no_frequency_below_aliasing(mics):
    X = plane_waves(mics, [0.0])
    with pytest.raises(ValueError, match=r"freq_range must hold a frequency that suits"):
        ESPRIT(mics, freq_range=(1000, 4000)).fit(X)


def test_frequency_zero_is_left_out():
    X = plane_waves(CIRCLE, [-100.0, 33.0])
    localizer = ESPRIT(CIRCLE, freq_range=None).fit(X)
    assert localizer.freqs_[0] == 125
    np.testing.assert_allclose(localizer.predict(X), [-100, 33], atol=1e-3)


# ------------------------------------------------------------------ refusals

WRONG = {
    "rectangle": rectangular_array((2, 4), 0.04),
    "sphere": spherical_array(8, 0.05),
    "tetrahedron": tetrahedral_array(0.05),
    "gap": np.delete(LINE, 3, axis=0),
    "gap in a circle": np.delete(CIRCLE, 3, axis=0),
    "circle with centre": np.vstack([CIRCLE, [[0, 0, 0]]]),
    "upright line": LINE[:, [0, 2, 1]],
    "tilted line": LINE @ [[1, 0, 0], [0, 0.8, 0.6], [0, -0.6, 0.8]],
    "upright circle": CIRCLE[:, [0, 2, 1]],
}


@pytest.mark.parametrize("name", WRONG)
def test_other_arrays_are_refused(name):
    X = plane_waves(WRONG[name], [0.0])
    with pytest.raises(ValueError, match=r"mic_positions must be a uniform line.*Use SRPPHAT or"):
        ESPRIT(WRONG[name]).fit(X)


@pytest.mark.parametrize(
    ("mics", "most"),
    [(LINE, 7), (CIRCLE, 6), (circular_array(5, 0.1), 4), (linear_array(2, 0.04), 1)],
)
def test_too_many_sources_are_refused(mics, most):
    X = plane_waves(mics, [0.0])
    with pytest.raises(ValueError, match=rf"n_sources must be at most {most} .* got {most + 1}"):
        ESPRIT(mics, n_sources=most + 1).fit(X)
    assert np.isfinite(ESPRIT(mics, n_sources=most).fit(X).predict(X)).all()


def test_elevations_are_refused():
    X = plane_waves(CIRCLE, [0.0, 10.0])
    with pytest.raises(ValueError, match=r"y must hold azimuths alone.*got 2 numbers"):
        ESPRIT(CIRCLE).fit(X, [[0.0, 10.0], [10.0, 0.0]])


@pytest.mark.parametrize("parameter", [{"n_sources": 0}, {"n_refinements": -1}])
def test_invalid_parameters(parameter):
    with pytest.raises(ValueError, match=next(iter(parameter))):
        ESPRIT(LINE, **parameter).fit(plane_waves(LINE, [0.0]))


# ------------------------------------------------------------------ spatial spectrum


@both
@pytest.mark.parametrize(("n_sources", "noise"), [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 0.3)])
def test_spectrum_peaks_where_predict_finds_sources(mics, n_sources, noise):
    azimuths = around(np.linspace(-45, 45, 7), *(20.0 * (np.arange(n_sources) - 1)))
    X = plane_waves(mics, azimuths, noise=noise, n_frames=60)
    localizer = ESPRIT(mics, n_sources=n_sources).fit(X)
    spectrum = localizer.spatial_spectrum(X)
    decoder = PeakDecoder(n_sources, refine="lorentzian", min_separation=6)
    peaks = decoder.decode(spectrum, localizer.grid_).reshape(7, n_sources, 1)
    assert angular_error(localizer.predict(X).reshape(7, n_sources, 1), peaks).max() < 0.3
    assert spectrum.min() > 0 and spectrum.max() <= 1


@both
def test_spectrum_is_one_at_the_directions_found(mics):
    X = plane_waves(mics, around([-20.0, 15.0], -10, 10), noise=0.5)
    for x in X:
        found = ESPRIT(mics, n_sources=2).fit(x[None]).predict(x[None])[0, :, 0]
        localizer = ESPRIT(mics, n_sources=2, grid=[*found, *(found + 8)]).fit(x[None])
        spectrum = localizer.spatial_spectrum(x[None])[0]
        np.testing.assert_allclose(spectrum[:2], 1, atol=1e-6)
        assert spectrum[2:].max() < 0.95


@both
def test_spectrum_of_one_frequency_is_a_share_of_the_log_likelihood(mics):
    """What a source adds by its projection elsewhere, as a share of what it adds where it is."""
    X = plane_waves(mics, [[[10.0], [50.0]]], noise=0.5)
    localizer = ESPRIT(mics, n_sources=2, freq_range=(1000, 1100), grid=[-30.0, 30.0]).fit(X)
    R = X[0, :, 8] @ X[0, :, 8].conj().T / X.shape[3]

    def log_noise(*azimuths):
        A = steering_vectors(mics, np.array(azimuths), [1000.0])[0].T
        return np.log(np.trace(R - A @ np.linalg.pinv(A) @ R).real)

    a, b = localizer.predict(X)[0, :, 0]
    shares = [
        [(log_noise(w) - log_noise(u, w)) / (log_noise(w) - log_noise(a, b)) for w in (a, b)]
        for u in (-30.0, 30.0)
    ]
    np.testing.assert_allclose(localizer.spatial_spectrum(X)[0], np.max(shares, axis=1), rtol=1e-6)


@both
def test_grid_of_the_spectrum(mics):
    X = plane_waves(mics, [18.0, 24.0], noise=0.1)
    localizer = ESPRIT(mics).fit(X)
    np.testing.assert_array_equal(localizer.grid_, SRPPHAT(mics).fit(X).grid_)
    coarse = ESPRIT(mics, grid=[-60.0, 0.0, 20.0]).fit(X)
    assert coarse.spatial_spectrum(X).argmax(axis=1).tolist() == [2, 2]
    np.testing.assert_array_equal(coarse.predict(X), localizer.predict(X))
    assert coarse.spatial_spectrum(X.astype(np.complex64)).dtype == np.float32
    # A line that is not quite straight still hears the half in front alone.
    bent = ESPRIT(mics + 2e-4 * np.eye(8, 3)).fit(X)
    assert abs(len(bent.grid_) - len(localizer.grid_)) <= 1


def test_spectrum_in_blocks_threads_and_pieces(monkeypatch):
    azimuths = np.array([-30.0, 40.0])
    X = np.concatenate([plane_waves(LINE, azimuths), plane_waves(LINE, azimuths + 15)], axis=3)
    localizer = ESPRIT(LINE, block_size=20).fit(X)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (2, 3, len(localizer.grid_))
    top = localizer.grid_[spectrum[:, [0, 2]].argmax(axis=2)]
    assert np.abs(top - azimuths[:, None] - [0, 15]).max() <= 1
    monkeypatch.setattr("sslearn.doa._clips._CHUNK_BYTES", 1)
    monkeypatch.setattr("sslearn.doa._esprit_refine._STEERED_BYTES", 1)
    threaded = ESPRIT(LINE, block_size=20, n_jobs=2).fit(X)
    np.testing.assert_allclose(threaded.spatial_spectrum(X), spectrum, atol=1e-9)


@both
def test_spectrum_of_silence_is_zero(mics):
    X = plane_waves(mics, [10.0, 20.0], n_frames=5) * np.reshape([1, 0], (2, 1, 1, 1))
    localizer = ESPRIT(mics, n_sources=2).fit(X)
    with pytest.warns(SilenceWarning, match="sample 1"):
        spectrum = localizer.spatial_spectrum(X)
    assert (spectrum.max(axis=1) > 0).tolist() == [True, False]


def test_wrong_grids():
    X = plane_waves(LINE, [10.0])
    with pytest.raises(ValueError, match="grid must hold azimuths alone for ESPRIT; got 2"):
        ESPRIT(LINE, grid=[[10.0, 20.0], [20.0, 30.0]]).fit(X)
    with pytest.warns(AmbiguityWarning, match="a line: .*sound alike") as record:
        ESPRIT(LINE, grid=[10.0, 170.0]).fit(X)
    assert record[0].filename == __file__


def test_variances_of_roots_are_those_of_many_trials():
    # Two sources of unequal power on a line: the weaker one has the larger variance.
    rng = np.random.default_rng(0)
    n_mics, n_frames, n_trials, powers = 5, 200, 3000, np.array([1.0, 0.1])
    phases = np.array([0.4, 1.7])
    steering = np.exp(1j * np.arange(n_mics)[:, None] * phases)

    def noise(*shape):
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)

    sources = noise(n_trials, 2, n_frames) * np.sqrt(powers)[:, None]
    frames = steering @ sources + 0.1 * noise(n_trials, n_mics, n_frames)
    covariances = (frames @ frames.conj().swapaxes(1, 2) / n_frames)[:, None]
    pencil = np.eye(n_mics)[:-1], np.eye(n_mics)[1:]
    found, variances = esprit_roots(covariances, pencil, 2, n_frames)
    order = found[:, 0].argsort(axis=1)
    found, variances = (np.take_along_axis(a[:, 0], order, axis=1) for a in (found, variances))
    np.testing.assert_allclose(variances.mean(axis=0), found.var(axis=0), rtol=0.15)
