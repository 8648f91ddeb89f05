import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from sslearn.datasets import load_pyramic_tdoa, load_r3vival, make_plane_waves
from sslearn.doa import TDOALocalizer, directions_from_tdoas
from sslearn.exceptions import SilenceWarning, SpatialAliasingWarning
from sslearn.features import STFT
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    fibonacci_grid,
    great_circle_distance,
    linear_array,
    mic_pairs,
    propagation_delays,
    spherical_array,
    tetrahedral_array,
    unit_vectors_to_angles,
)

CORNERS = [[-180.0, 0.0], [179.999, 10.0], [90.0, 0.0], [0.0, 90.0], [0.0, -90.0], [-90.0, 45.0]]
DIRECTIONS = np.concatenate([CORNERS, fibonacci_grid(50)])
ALMOST_FLAT = circular_array(6, 0.05) + np.array([[0, 0, 0.002 * (-1) ** m] for m in range(6)])
SPATIAL = {
    "tetrahedron": tetrahedral_array(0.05),
    "sphere": spherical_array(12, 0.1),
    "almost flat": ALMOST_FLAT,
}


def tdoas_of(mics, directions, pairs=None):
    i, j = np.transpose(mic_pairs(len(mics)) if pairs is None else pairs)
    delays = propagation_delays(mics, directions)
    return delays[:, i] - delays[:, j]


def spectra(mics, directions, *, duration=0.3, snr=None, dtype=np.float64):
    X, _ = make_plane_waves(
        len(directions),
        mic_positions=mics,
        directions=directions,
        duration=duration,
        snr=snr,
        random_state=0,
        return_X_y=True,
    )
    return STFT(512).transform(X.astype(dtype))


# ------------------------------------------------------------------ from delays to directions


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("robust", [True, "tukey", "huber", False])
@pytest.mark.parametrize("name", SPATIAL)
def test_exact_delays_give_exact_directions(name, robust):
    mics = SPATIAL[name]
    found = directions_from_tdoas(tdoas_of(mics, DIRECTIONS), mics, robust=robust)
    assert great_circle_distance(found, DIRECTIONS).max() < 1e-9


def test_two_microphones_on_paper():
    # 0.343 m apart: at 30 degrees from broadside the left one is 0.5 ms earlier.
    mics = [[0.0, 0.1715, 0.0], [0.0, -0.1715, 0.0]]
    found = directions_from_tdoas([[-0.5e-3], [0.0], [1e-3]], mics)
    np.testing.assert_allclose(found, [[30, 0], [0, 0], [-90, 0]], atol=1e-9)
    swapped = directions_from_tdoas([[0.5e-3]], mics, pairs=[(1, 0)])
    np.testing.assert_allclose(swapped, [[30, 0]], atol=1e-9)
    faster = directions_from_tdoas([[-0.25e-3]], mics, speed_of_sound=686.0)
    np.testing.assert_allclose(faster, [[30, 0]], atol=1e-9)


@pytest.mark.parametrize(
    ("order", "side"),
    [([0, 1, 2], 2), ([2, 0, 1], 0), ([0, 2, 1], 1)],
    ids=["horizontal", "y-z", "x-z"],
)
def test_planes_answer_on_their_upper_front_or_left_side(order, side):
    mics = circular_array(5, 0.05)[:, order]
    expected = angles_to_unit_vectors(DIRECTIONS)
    expected[:, side] = np.abs(expected[:, side])
    found = directions_from_tdoas(tdoas_of(mics, DIRECTIONS), mics)
    # On the plane itself the rest to the norm is the root of rounding.
    error = great_circle_distance(found, unit_vectors_to_angles(expected))
    assert error.max() < 1e-5


@pytest.mark.parametrize(("axis", "rest"), [(0, 1), (1, 0), (2, 0)])
def test_lines_answer_on_the_half_plane_to_the_front_or_left(axis, rest):
    mics = np.zeros((4, 3))
    mics[:, axis] = [0.0, 0.04, 0.1, 0.15]
    u = angles_to_unit_vectors(DIRECTIONS)
    expected = np.zeros_like(u)
    expected[:, axis] = u[:, axis]
    expected[:, rest] = np.sqrt(1 - u[:, axis] ** 2)
    found = directions_from_tdoas(tdoas_of(mics, DIRECTIONS), mics)
    assert great_circle_distance(found, unit_vectors_to_angles(expected)).max() < 1e-5


def test_norm_is_a_constraint_and_not_a_correction():
    """An almost flat array: height from the norm, not from the two millimetres of depth."""
    rng = np.random.default_rng(0)
    directions = fibonacci_grid(300)
    i, j = mic_pairs(6).T
    delays = propagation_delays(ALMOST_FLAT, directions) + 2e-6 * rng.standard_normal((300, 6))
    tdoas = delays[:, i] - delays[:, j]
    free = np.linalg.lstsq(ALMOST_FLAT[i] - ALMOST_FLAT[j], -343 * tdoas.T, rcond=None)[0].T
    error = great_circle_distance(directions_from_tdoas(tdoas, ALMOST_FLAT), directions)
    error_of_free = great_circle_distance(unit_vectors_to_angles(free), directions)
    assert np.median(error) < 0.5 * np.median(error_of_free)


@pytest.mark.filterwarnings("error")
def test_outliers_are_left_out():
    rng = np.random.default_rng(0)
    mics = spherical_array(12, 0.1)
    clean = tdoas_of(mics, DIRECTIONS)
    tdoas = clean + 1e-6 * rng.standard_normal(clean.shape)
    where = rng.integers(0, clean.shape[1], (len(clean), 12))
    np.put_along_axis(tdoas, where, rng.uniform(-5e-4, 5e-4, where.shape), axis=1)
    assert great_circle_distance(directions_from_tdoas(tdoas, mics), DIRECTIONS).max() < 0.3
    with warnings.catch_warnings(action="ignore"):
        plain = directions_from_tdoas(tdoas, mics, robust=False)
    assert np.median(great_circle_distance(plain, DIRECTIONS)) > 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("share", "limit"), [(0.0, 1.02), (0.1, 1.25), (0.2, 1.7)])
def test_outliers_of_some_deviations_are_left_out_too(share, limit):
    """Errors of 5 to 15 deviations: wider weights, which let them in, would double the error."""
    rng = np.random.default_rng(0)
    mics = spherical_array(12, 0.1)
    directions = fibonacci_grid(300)
    clean = tdoas_of(mics, directions)
    noise = 5e-6 * rng.standard_normal(clean.shape)
    outliers = 5e-6 * rng.uniform(5, 15, clean.shape) * rng.choice([-1, 1], clean.shape)
    outliers *= rng.random(clean.shape) < share
    plain, robust = (
        great_circle_distance(directions_from_tdoas(tdoas, mics, robust=robust), directions).mean()
        for robust, tdoas in ((False, clean + noise), (True, clean + noise + outliers))
    )
    assert robust < limit * plain


@pytest.mark.filterwarnings("error")
def test_a_microphone_that_is_out_of_place_is_left_out():
    """Its 11 pairs of 66 all agree with a wrong place."""
    rng = np.random.default_rng(0)
    mics = spherical_array(12, 0.1)
    directions = fibonacci_grid(200)
    moved = mics.copy()
    moved[4] += [0.03, 0.0, 0.04]
    tdoas = tdoas_of(moved, directions)
    tdoas = tdoas + 1e-6 * rng.standard_normal(tdoas.shape)
    error = great_circle_distance(directions_from_tdoas(tdoas, mics), directions)
    assert np.median(error) < 0.1


@pytest.mark.parametrize("kind", ["tukey", "huber"])
def test_robust_fit_is_nearly_as_good_without_outliers(kind):
    rng = np.random.default_rng(0)
    mics = spherical_array(8, 0.1)
    directions = fibonacci_grid(300)
    tdoas = tdoas_of(mics, directions)
    tdoas = tdoas + 5e-6 * rng.standard_normal(tdoas.shape)
    plain, robust = (
        great_circle_distance(directions_from_tdoas(tdoas, mics, robust=robust), directions).mean()
        for robust in (False, kind)
    )
    assert robust < 1.02 * plain


@pytest.mark.filterwarnings("ignore:The time differences")
def test_huber_bounds_what_outliers_weigh():
    """A tenth gross errors: better by far than none of it, not as good as leaving them out."""
    rng = np.random.default_rng(0)
    mics = spherical_array(12, 0.1)
    directions = fibonacci_grid(200)
    tdoas = tdoas_of(mics, directions)
    tdoas += 5e-6 * rng.standard_normal(tdoas.shape)
    gross = rng.uniform(-5e-4, 5e-4, tdoas.shape)
    tdoas = np.where(rng.random(tdoas.shape) < 0.1, gross, tdoas)
    tukey, huber, plain = (
        great_circle_distance(directions_from_tdoas(tdoas, mics, robust=robust), directions).mean()
        for robust in ("tukey", "huber", False)
    )
    assert tukey < huber < 0.5 * plain


def test_robust_that_there_is_not():
    with pytest.raises(ValueError, match="'robust' parameter"):
        directions_from_tdoas(np.zeros(6), tetrahedral_array(0.05), robust="cauchy")


def test_leading_axes_and_kinds():
    mics = tetrahedral_array(0.05)
    tdoas = tdoas_of(mics, DIRECTIONS[:6])
    expected = directions_from_tdoas(tdoas, mics)
    tracks = directions_from_tdoas(tdoas.reshape(2, 3, 6), mics)
    np.testing.assert_array_equal(tracks, expected.reshape(2, 3, 2))
    np.testing.assert_allclose(directions_from_tdoas(tdoas[0], mics), expected[0], atol=1e-9)
    np.testing.assert_array_equal(directions_from_tdoas(tdoas.tolist(), mics.tolist()), expected)
    single = directions_from_tdoas(tdoas.astype(np.float32), mics)
    assert great_circle_distance(single, expected).max() < 1e-3
    assert directions_from_tdoas(tdoas[:0], mics).shape == (0, 2)


@pytest.mark.parametrize("mics", [tetrahedral_array(0.05), circular_array(4, 0.05)])
def test_delays_of_no_plane_wave_are_doubtful(mics):
    milliseconds = 1e3 * tdoas_of(mics, DIRECTIONS[-3:])
    with pytest.warns(ConvergenceWarning, match="3 sample.*agree with no plane wave.*units"):
        directions_from_tdoas(milliseconds, mics)


def test_simultaneous_arrival_is_doubtful_in_space_alone():
    with pytest.warns(ConvergenceWarning):
        directions_from_tdoas(np.zeros((1, 6)), tetrahedral_array(0.05))
    zenith = directions_from_tdoas(np.zeros((1, 6)), circular_array(4, 0.05))
    np.testing.assert_allclose(zenith[0, 1], 90)


@pytest.mark.parametrize(
    ("tdoas", "options", "message"),
    [
        (np.zeros((2, 5)), {}, r"tdoas must have shape \(..., n_pairs=6\).*got \(2, 5\)"),
        (np.full((2, 6), np.nan), {}, "tdoas contains NaN"),
        ([["a"] * 6], {}, "tdoas must hold seconds"),
        (np.zeros((2, 6)), {"pairs": [(0, 4)]}, "pairs must hold.*0 to 3"),
        (np.zeros((2, 1)), {"pairs": [(2, 2)]}, r"two microphones each; got \(2, 2\)"),
        (np.zeros((2, 6)), {"speed_of_sound": 0.0}, "speed_of_sound"),
    ],
)
def test_wrong_delays(tdoas, options, message):
    with pytest.raises(ValueError, match=message):
        directions_from_tdoas(tdoas, tetrahedral_array(0.05), **options)


def test_wrong_microphones():
    with pytest.raises(ValueError, match="different places"):
        directions_from_tdoas(np.zeros((1, 3)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="at least 2"):
        directions_from_tdoas(np.zeros((1, 1)), np.zeros((1, 3)))


@pytest.mark.parametrize(("calibrated", "mean"), [(True, 0.1), (False, 2.6)])
def test_measured_delays_of_the_pyramic_array(data_dir, calibrated, mean):
    """An iteratively reweighted fit should err by 0.08 degrees, 2.5 before the calibration."""
    data = load_pyramic_tdoa(data_dir / "pyramic_tdoa", calibrated=calibrated)
    found = directions_from_tdoas(
        data.tdoas, data.mic_positions, pairs=data.pairs, speed_of_sound=data.speed_of_sound
    )
    error = great_circle_distance(found, data.target)
    assert error.mean() <= mean
    assert error.max() <= 2 * mean + 0.4


# ------------------------------------------------------------------ from spectra to directions


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mics", [SPATIAL["tetrahedron"], SPATIAL["sphere"]])
def test_plane_waves_are_found_far_below_a_degree(mics):
    X = spectra(mics, DIRECTIONS)
    found = TDOALocalizer(mics).fit(X, DIRECTIONS).predict(X)
    assert great_circle_distance(found, DIRECTIONS).max() < 0.02


def test_time_differences_are_exact_to_a_fraction_of_a_sample():
    mics = spherical_array(6, 0.1)
    X = spectra(mics, DIRECTIONS)
    localizer = TDOALocalizer(mics).fit(X)
    np.testing.assert_allclose(
        localizer.time_differences(X), tdoas_of(mics, DIRECTIONS), atol=0.01 / 16000
    )


@pytest.mark.parametrize("mics", [circular_array(4, 0.05), circular_array(3, 0.04)])
def test_azimuth_of_planar_arrays_at_any_elevation(mics):
    azimuth = np.array([-180.0, -179.0, -90.0, 0.0, 33.3, 90.0, 179.9])
    X = spectra(mics, np.column_stack([azimuth, np.linspace(-50, 50, 7)]))
    found = TDOALocalizer(mics).fit(X, azimuth).predict(X)
    assert found.shape == (7,)
    assert np.abs(circular_difference(found, azimuth)).max() < 0.05
    assert found.min() >= -180 and found.max() < 180


def test_line_hears_half_the_circle():
    azimuth = np.array([-80.0, -30.0, 0.0, 10.0, 75.0])
    mics = linear_array(3, 0.04)
    X = spectra(mics, azimuth)
    np.testing.assert_allclose(TDOALocalizer(mics).fit(X).predict(X), azimuth, atol=0.1)
    # A slanted one, too: sources are taken to be on the horizontal plane.
    slanted = mics + 0.5 * mics[:, [0, 2, 1]]
    X = spectra(slanted, azimuth)
    np.testing.assert_allclose(TDOALocalizer(slanted).fit(X).predict(X), azimuth, atol=0.1)


def test_chosen_pairs_give_the_same():
    mics = tetrahedral_array(0.05)
    X = spectra(mics, DIRECTIONS)
    pairs = [(3, 0), (1, 0), (0, 2)]
    localizer = TDOALocalizer(mics, pairs=pairs).fit(X, DIRECTIONS)
    assert localizer.time_differences(X).shape == (len(X), 3)
    np.testing.assert_array_equal(localizer.pairs_, pairs)
    assert great_circle_distance(localizer.predict(X), DIRECTIONS).max() < 0.05


def test_noise_and_single_precision():
    mics = spherical_array(8, 0.06)
    X = spectra(mics, DIRECTIONS, snr=10, dtype=np.float32)
    found = TDOALocalizer(mics).fit(X, DIRECTIONS).predict(X)
    assert np.median(great_circle_distance(found, DIRECTIONS)) < 1


def test_one_frame_and_blocks():
    mics = tetrahedral_array(0.05)
    X = spectra(mics, DIRECTIONS)
    one = TDOALocalizer(mics).fit(X, DIRECTIONS).predict(X[..., :1])
    assert np.median(great_circle_distance(one, DIRECTIONS)) < 0.5
    localizer = TDOALocalizer(mics, block_size=10).fit(X, DIRECTIONS)
    tracks = localizer.predict(X)
    n_blocks = -(-X.shape[3] // 10)
    assert tracks.shape == (len(X), n_blocks, 1, 2)
    assert localizer.time_differences(X).shape == (len(X), n_blocks, 6)
    error = great_circle_distance(tracks[:, :, 0], DIRECTIONS[:, None])
    assert np.median(error) < 0.1


def test_straight_from_audio():
    mics = tetrahedral_array(0.05)
    X, y = make_plane_waves(
        5, mic_positions=mics, elevation_range=(-90, 90), random_state=0, return_X_y=True
    )
    steps = make_pipeline(STFT(512), TDOALocalizer(mics)).fit(X, y)
    direct = TDOALocalizer(mics, batch_transform=STFT(512), n_jobs=2).fit(X, y)
    np.testing.assert_allclose(direct.predict(X), steps.predict(X))
    assert steps.score(X, y) > 0.99


def test_silence_is_named():
    mics = tetrahedral_array(0.05)
    X = spectra(mics, DIRECTIONS[:3])
    X[0] = 0
    localizer = TDOALocalizer(mics, robust=False).fit(X, DIRECTIONS[:3])
    with pytest.warns(SilenceWarning, match="sample 0"):
        found = localizer.predict(X)
    np.testing.assert_array_equal(found[0], 0)
    assert great_circle_distance(found[1:], DIRECTIONS[1:3]).max() < 0.05
    with pytest.warns(SilenceWarning):
        tdoas = localizer.time_differences(X)
    np.testing.assert_array_equal(np.isnan(tdoas).all(axis=1), [True, False, False])


def test_pairs_of_a_silent_channel_are_left_out():
    mics = spherical_array(6, 0.06)
    X = spectra(mics, DIRECTIONS)
    X[::2, 4] = 0
    with pytest.warns(SilenceWarning, match="channel 4"):
        found = TDOALocalizer(mics, robust=False).fit(X, DIRECTIONS).predict(X)
    assert great_circle_distance(found, DIRECTIONS).max() < 0.05


def test_clips_without_a_plane_wave_are_doubtful():
    mics = tetrahedral_array(0.2)
    noise = np.random.default_rng(0).standard_normal((20, 4, 4000))
    localizer = TDOALocalizer(mics, batch_transform=STFT(512)).fit(noise)
    with pytest.warns(ConvergenceWarning, match="agree with no plane wave"):
        localizer.predict(noise)


@pytest.mark.parametrize(
    ("localizer", "n_angles", "message"),
    [
        (TDOALocalizer(linear_array(4, 0.05)), 2, "must span 2 dimensions"),
        (TDOALocalizer(circular_array(4, 0.05), pairs=[(0, 2)]), 2, "must span 2 dimensions"),
        (TDOALocalizer(np.eye(4, 3)), 3, "no distance"),
        (TDOALocalizer(linear_array(4, 0.05)[:, [0, 2, 1]]), 1, "vertical line"),
        (TDOALocalizer(np.zeros((4, 3))), 1, "different places"),
        (TDOALocalizer(circular_array(5, 0.05)), 1, "channels"),
        (TDOALocalizer(circular_array(4, 0.05), pairs=[(0, 4)]), 1, "pairs"),
        (TDOALocalizer(circular_array(4, 0.05), freq_range=(400, 200)), 1, "freq_range"),
    ],
)
def test_wrong_use(localizer, n_angles, message):
    X = spectra(circular_array(4, 0.05), [[10.0, 20.0]])
    y = np.array([[10.0, 20.0, 1.0]])[:, :n_angles]
    with pytest.raises(ValueError, match=message):
        localizer.fit(X, y[:, 0] if n_angles == 1 else y)


def test_narrow_bands_are_aliased():
    mics = circular_array(4, 0.1)
    X = spectra(mics, [10.0])
    with pytest.warns(SpatialAliasingWarning, match="from 2968.75 to 3000 Hz"):
        TDOALocalizer(mics, freq_range=(2969, 3030)).fit(X)
    with warnings.catch_warnings(action="error"):
        TDOALocalizer(mics, freq_range=(500, 530)).fit(X)
        TDOALocalizer(mics, freq_range=None).fit(X)


def test_nan_is_refused():
    mics = tetrahedral_array(0.05)
    X = spectra(mics, DIRECTIONS[:3])
    localizer = TDOALocalizer(mics).fit(X)
    X[1] = np.nan
    with pytest.raises(ValueError, match="NaN in sample 1"):
        localizer.predict(X)


@pytest.mark.parametrize("absorption", [0, 50, 100])
def test_direct_sound_of_measured_responses(data_dir, absorption):
    """Delays of the direct sound should give 1.1 degrees on average and 3 at most."""
    data = load_r3vival(data_dir / "r3vival", absorption)
    # The direct sound begins 10 ms after the start; the first reflections 3 ms later.
    direct = STFT(640).transform(np.ascontiguousarray(data.rirs[..., 320:960]))
    y = data.target[:, :2]
    localizer = TDOALocalizer(data.mic_positions, fs=data.fs, freq_range=(200, 8000))
    found = localizer.fit(direct, y).predict(direct)
    error = np.abs(circular_difference(found[:, 0], y[:, 0]))
    assert error.mean() < 1.15
    assert error.max() < 3.2
    assert found[:, 1].min() > -1 and found[:, 1].max() < 6.1
