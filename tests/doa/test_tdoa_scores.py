"""The spatial spectrum of TDOALocalizer."""

import warnings

import numpy as np
import pytest

from sslearn.doa import SRPPHAT, TDOALocalizer
from sslearn.doa._tdoa_scores import plane_wave_scores
from sslearn.exceptions import AmbiguityWarning, SilenceWarning
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_array,
    circular_difference,
    fibonacci_grid,
    great_circle_distance,
    linear_array,
    mic_pairs,
    propagation_delays,
    rectangular_array,
    spherical_array,
    tetrahedral_array,
)

CORNERS = [[-180.0, 0.0], [179.999, 10.0], [90.0, 0.0], [0.0, 90.0], [0.0, -90.0], [-90.0, 45.0]]
DIRECTIONS = np.concatenate([CORNERS, fibonacci_grid(50)])
SPATIAL = {
    "tetrahedron": tetrahedral_array(0.05),
    "sphere": spherical_array(12, 0.1),
    "almost flat": circular_array(6, 0.05) + [[0, 0, 0.002 * (-1) ** m] for m in range(6)],
}
ARRAYS = {
    "line": linear_array(4, 0.04),
    "circle": circular_array(5, 0.05),
    "upright circle": circular_array(5, 0.05)[:, [2, 0, 1]],
    "slanted line": linear_array(3, 0.04) + 0.5 * linear_array(3, 0.04)[:, [0, 2, 1]],
    "sphere": spherical_array(8, 0.05),
}


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize("snr", [None, 0])
@pytest.mark.parametrize("name", SPATIAL)
def test_spectrum_of_the_sphere_peaks_at_the_prediction(name, snr, robust, spectra_of_waves):
    mics = SPATIAL[name]
    X = spectra_of_waves(mics, DIRECTIONS, snr=snr)
    localizer = TDOALocalizer(mics, robust=robust).fit(X, DIRECTIONS)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (len(X), len(localizer.grid_))
    assert spectrum.min() > 0 and spectrum.max() <= 1
    top, found = localizer.grid_[spectrum.argmax(axis=1)], localizer.predict(X)
    # As near as the grid, about 4 degrees apart; where the array is flat heights are less sure.
    error = great_circle_distance(top, found)
    assert (np.median(error) if name == "almost flat" else error.max()) < 3


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize(
    "mics", [circular_array(6, 0.05), spherical_array(8, 0.05), rectangular_array((2, 3), 0.05)]
)
def test_spectrum_of_azimuths_at_any_elevation(mics, robust, spectra_of_waves):
    azimuth = np.linspace(-179, 179, 14)
    X = spectra_of_waves(mics, np.column_stack([azimuth, np.linspace(-60, 60, 14)]), snr=20)
    localizer = TDOALocalizer(mics, robust=robust).fit(X)
    top = localizer.grid_[localizer.spatial_spectrum(X).argmax(axis=1)]
    assert np.abs(circular_difference(top, localizer.predict(X))).max() < 1.2


def test_spectrum_on_paper(spectra_of_waves):
    """Two microphones 0.343 m apart, one wave at 30 degrees: residuals are differences of sines."""
    mics = np.array([[0.0, 0.1715, 0.0], [0.0, -0.1715, 0.0]])
    X = spectra_of_waves(mics, [30.0], duration=1.0)
    grid = np.array([-20.0, 20.0, 30.0, 70.0])
    # 3968.75 Hz is the highest frequency of the band.
    misses = 0.343 * (np.sin(np.deg2rad(grid)) - 0.5) * 8 * 3968.75 / 343.0
    for robust in (True, False):
        localizer = TDOALocalizer(mics, grid=grid, robust=robust).fit(X)
        spectrum = localizer.spatial_spectrum(X)
        np.testing.assert_allclose(spectrum[0], 1 / (1 + misses**2), rtol=0.02)


def test_outliers_have_no_say_in_the_spectrum():
    rng = np.random.default_rng(0)
    mics = spherical_array(12, 0.1)
    i, j = mic_pairs(12).T
    delays = propagation_delays(mics, DIRECTIONS)
    leads = -343 * (delays[:, i] - delays[:, j])
    where = rng.integers(0, leads.shape[1], (len(leads), 12))
    np.put_along_axis(leads, where, rng.uniform(-0.2, 0.2, where.shape), axis=1)
    grid, best = np.deg2rad(DIRECTIONS), angles_to_unit_vectors(DIRECTIONS)
    scores = plane_wave_scores(leads, mics[i] - mics[j], grid, best, resolution=1e-3)
    np.testing.assert_array_equal(scores.argmax(axis=1), np.arange(len(leads)))
    # One minus the share of the outliers.
    assert scores.max(axis=1).min() >= 1 - 12 / 66


@pytest.mark.parametrize("name", ARRAYS)
def test_default_grid_is_that_of_the_searches(name, spectra_of_waves):
    mics = ARRAYS[name]
    X = spectra_of_waves(mics, [[10.0, 20.0]])
    for y in (None, [[10.0, 20.0]]) if "line" not in name else (None, [10.0]):
        localizer = TDOALocalizer(mics).fit(X, y)
        np.testing.assert_array_equal(localizer.grid_, SRPPHAT(mics).fit(X, y).grid_)


def test_default_grid_is_what_the_pairs_can_tell_apart(spectra_of_waves):
    mics = circular_array(4, 0.05)
    X = spectra_of_waves(mics, [10.0])
    line = TDOALocalizer(mics, pairs=[(1, 3)]).fit(X).grid_
    assert line.min() == -90 and line.max() == 90


def test_grid_lays_out_predictions_but_is_not_searched(spectra_of_waves):
    mics = tetrahedral_array(0.05)
    X = spectra_of_waves(mics, DIRECTIONS)
    expected = TDOALocalizer(mics).fit(X, DIRECTIONS).predict(X)
    localizer = TDOALocalizer(mics, grid=[[0.0, 0.0], [90.0, 0.0]]).fit(X)
    np.testing.assert_array_equal(localizer.predict(X), expected)
    assert localizer.spatial_spectrum(X).shape == (len(X), 2)
    with pytest.raises(ValueError, match="grid must be laid out like y, which holds 1"):
        localizer.fit(X, DIRECTIONS[:, 0])
    with pytest.raises(ValueError, match=r"y and grid must hold.*no distance"):
        TDOALocalizer(mics, grid=[[0.0, 0.0, 1.0]]).fit(X)
    with pytest.raises(ValueError, match="must span 2 dimensions"):
        TDOALocalizer(linear_array(4, 0.05), grid=[[0.0, 0.0]]).fit(X)


def test_directions_that_sound_alike_to_the_pairs(spectra_of_waves):
    mics = circular_array(4, 0.05)
    X = spectra_of_waves(mics, [10.0])
    with pytest.warns(AmbiguityWarning, match="a plane: .*sound alike") as record:
        TDOALocalizer(mics, grid=[[10.0, 20.0], [10.0, -20.0]]).fit(X)
    assert record[0].filename == __file__
    with pytest.warns(AmbiguityWarning, match="a line"):
        TDOALocalizer(mics, grid=[10.0, 170.0], pairs=[(1, 3)]).fit(X)
    with warnings.catch_warnings(action="error"):
        TDOALocalizer(mics, grid=[10.0, 170.0]).fit(X)


def test_spectrum_in_blocks_threads_and_pieces(monkeypatch, spectra_of_waves):
    mics = tetrahedral_array(0.05)
    X = spectra_of_waves(mics, DIRECTIONS)
    localizer = TDOALocalizer(mics, block_size=10).fit(X, DIRECTIONS)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (len(X), -(-X.shape[3] // 10), len(localizer.grid_))
    top = localizer.grid_[spectrum.argmax(axis=2)]
    assert great_circle_distance(top, DIRECTIONS[:, None]).max() < 3.5
    monkeypatch.setattr("sslearn.doa._clips._CHUNK_BYTES", 1)
    monkeypatch.setattr("sslearn.doa._tdoa_scores._RESIDUAL_BYTES", 6 * 8 * 500)
    threaded = TDOALocalizer(mics, block_size=10, n_jobs=2).fit(X, DIRECTIONS)
    np.testing.assert_allclose(threaded.spatial_spectrum(X), spectrum, atol=1e-9)


def test_spectrum_of_silence_is_zero(spectra_of_waves):
    mics = spherical_array(6, 0.06)
    X = spectra_of_waves(mics, DIRECTIONS[:3])
    X[0], X[1, 4] = 0, 0
    localizer = TDOALocalizer(mics, robust=False).fit(X, DIRECTIONS[:3])
    with pytest.warns(SilenceWarning):
        spectrum = localizer.spatial_spectrum(X)
    np.testing.assert_array_equal(spectrum[0], 0)
    top = localizer.grid_[spectrum[1:].argmax(axis=1)]
    assert great_circle_distance(top, DIRECTIONS[1:3]).max() < 3
