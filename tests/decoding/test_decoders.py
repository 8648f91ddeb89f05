import warnings

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.decoding import AdjacentDecoder, ArgmaxDecoder, MeanDecoder, PeakDecoder
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import (
    angles_to_unit_vectors,
    azimuth_grid,
    circular_difference,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    grid_neighbors,
    icosahedral_grid,
    near_field_grid,
    sphere_grid,
)

STEP = 5.0
OPEN, CLOSED = azimuth_grid(-90, 90, STEP), circular_grid(STEP)
DECODERS = [
    ArgmaxDecoder(),
    MeanDecoder(),
    AdjacentDecoder(2),
    AdjacentDecoder(3),
    AdjacentDecoder(weights="parabola"),
    AdjacentDecoder(weights="lorentzian"),
]


def unbiased(azimuth, grid):
    """The hat function: the share of each direction falls linearly to 0 one step away."""
    distance = np.abs(circular_difference(np.asarray(azimuth)[:, None], grid))
    return np.maximum(0, 1 - distance / STEP)


def gaussian(azimuth, grid):
    distance = circular_difference(np.asarray(azimuth)[:, None], grid)
    return np.exp(-((distance / 8) ** 2))


def lobe(directions, grid, width=30.0):
    """A smooth main lobe around each direction."""
    cosine = angles_to_unit_vectors(directions) @ angles_to_unit_vectors(grid).T
    return np.exp((cosine - 1) / np.deg2rad(width) ** 2)


@pytest.mark.parametrize("decoder", [AdjacentDecoder(2), AdjacentDecoder(3)])
@pytest.mark.parametrize("grid", [OPEN, CLOSED, CLOSED[::-1]], ids=["open", "closed", "reversed"])
def test_unbiased_labels_are_decoded_exactly(decoder, grid):
    azimuth = np.random.default_rng(0).uniform(-90, 90, 500)
    azimuth = np.append(azimuth if grid is OPEN else 2 * azimuth, [-90, 90, 0, -90 + 1e-9])
    decoded = decoder.decode(unbiased(azimuth, grid), grid)
    np.testing.assert_allclose(circular_difference(decoded, azimuth), 0, atol=1e-9)


def test_values_of_the_paper():
    grid = np.arange(0.0, 180.0, 5.0)
    assert np.isclose(AdjacentDecoder(2).decode(gaussian([93.2], grid), grid)[0], 92.637, atol=1e-3)
    assert np.isclose(AdjacentDecoder(3).decode(gaussian([93.2], grid), grid)[0], 94.199, atol=1e-3)


@pytest.mark.parametrize(
    ("decoder", "label", "floor"),
    [
        (ArgmaxDecoder(), unbiased, 1.25),
        (ArgmaxDecoder(), gaussian, 1.25),
        (AdjacentDecoder(2), gaussian, 1.007),
        (AdjacentDecoder(3), gaussian, 0.694),
    ],
)
def test_floors_of_the_paper(decoder, label, floor):
    azimuth = np.linspace(-60, 60, 24001)
    decoded = decoder.decode(label(azimuth, OPEN), OPEN)
    assert np.isclose(np.abs(decoded - azimuth).mean(), floor, atol=1e-3)


def test_width_of_the_window():
    grid = np.arange(0.0, 70.0, 10.0)
    spectrum = [1.0, 1.0, 2.0, 4.0, 3.0, 1.0, 1.0]
    decoded = [AdjacentDecoder(n).decode(spectrum, grid) for n in range(1, 6)]
    expected = [30, (120 + 120) / 7, (40 + 120 + 120) / 9, (40 + 120 + 120 + 50) / 10]
    np.testing.assert_allclose(decoded, [*expected, (10 + 40 + 120 + 120 + 50) / 11])


def test_of_equal_neighbours_the_following_one_is_taken():
    assert AdjacentDecoder(2).decode([0.0, 0.25, 0.5, 0.25], [0, 10, 20, 30]) == pytest.approx(
        (0.5 * 20 + 0.25 * 30) / 0.75
    )


def test_equal_neighbours_leave_three_in_the_middle():
    assert AdjacentDecoder(3).decode([0.25, 0.5, 0.25], [0, 10, 20]) == pytest.approx(10)


@pytest.mark.parametrize("n_adjacent", [2, 3, 4, 5, 50])
def test_an_open_end_has_neighbours_on_one_side(n_adjacent):
    spectrum = np.array([4.0, 1.0, 0.0, 0.0, 0.0])
    decoded = AdjacentDecoder(n_adjacent).decode(spectrum, [0, 10, 20, 30, 40])
    assert decoded == pytest.approx(2.0)


def test_negative_values_count_as_zero():
    assert AdjacentDecoder(3).decode([-5.0, 2.0, -1.0], [0, 10, 20]) == 10
    assert AdjacentDecoder(3).decode([-5.0, -2.0, -3.0], [0, 10, 20]) == 10
    assert MeanDecoder().decode([-5.0, -2.0, -3.0], [0, 10, 20]) == 10


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("grid", [OPEN, CLOSED, sphere_grid(10)], ids=["open", "circle", "sphere"])
def test_layout_range_and_scale(decoder, grid):
    rng = np.random.default_rng(0)
    spectrum = rng.uniform(size=(4, 3, len(grid)))
    decoded = clone(decoder).decode(spectrum, grid)
    assert decoded.shape == (4, 3, *grid.shape[1:])
    azimuth = decoded if grid.ndim == 1 else decoded[..., 0]
    assert azimuth.min() >= -180
    assert azimuth.max() < 180
    np.testing.assert_allclose(decoder.decode(7 * spectrum, grid), decoded, atol=1e-9)


@pytest.mark.parametrize("decoder", DECODERS[1:])
def test_the_wrap(decoder):
    decoded = decoder.decode(lobe([179.0, -179.0, -180.0], CLOSED, width=10.0), CLOSED)
    tolerance = 2.5 if decoder.get_params().get("weights") == "scores" else 0.2
    assert np.abs(circular_difference(decoded, [179.0, -179.0, -180.0])).max() < tolerance


@pytest.mark.parametrize(
    "grid",
    [sphere_grid(5), icosahedral_grid(3), fibonacci_grid(1000)],
    ids=["rings", "icosahedron", "spiral"],
)
def test_parabola_refines_on_the_sphere_poles_included(grid):
    directions = np.concatenate([fibonacci_grid(501), [[0, 90], [30, -89.5]]])
    spectrum = lobe(directions, grid)
    coarse = great_circle_distance(directions, ArgmaxDecoder().decode(spectrum, grid))
    fine = great_circle_distance(
        directions, AdjacentDecoder(weights="parabola").decode(spectrum, grid)
    )
    assert fine.max() < 0.35
    assert fine.mean() < 0.05 * coarse.mean()


def test_parabola_is_exact_for_parabolas_on_uneven_azimuths():
    grid = np.array([-20.0, -5.0, 3.0, 4.0, 30.0])
    spectrum = -((grid - np.array([[-3.0], [3.4], [1.0]])) ** 2)
    decoded = AdjacentDecoder(weights="parabola").decode(spectrum, grid)
    np.testing.assert_allclose(decoded, [-3.0, 3.4, 1.0])


@pytest.mark.parametrize("grid", [CLOSED, icosahedral_grid(3)], ids=["circle", "sphere"])
def test_lorentzian_is_exact_for_sharp_peaks(grid):
    truth = fibonacci_grid(50) if grid.ndim == 2 else np.linspace(-180, 180, 50, endpoint=False)
    distance = great_circle_distance(truth[:, None], grid[None]) if grid.ndim == 2 else None
    distance = circular_difference(truth[:, None], grid) if distance is None else distance
    decoded = AdjacentDecoder(weights="lorentzian").decode(1 / (1e-6 + distance**2), grid)
    error = great_circle_distance(*(a if grid.ndim == 2 else a[:, None] for a in (truth, decoded)))
    assert error.max() < 0.02


def test_lorentzian_leaves_what_is_not_positive():
    lorentzian = AdjacentDecoder(weights="lorentzian")
    assert lorentzian.decode([-3.0, -1.0, -2.0], [0, 10, 20]) == 10
    assert lorentzian.decode([0.0, 1.0, 0.0], [0, 10, 20]) == 10


def test_parabola_leaves_plateaus_and_ends():
    parabola = AdjacentDecoder(weights="parabola")
    assert parabola.decode([1.0, 1.0, 1.0], [0, 10, 20]) == 0
    assert parabola.decode([3.0, 2.0, 0.0], [0, 10, 20]) == 0
    grid = icosahedral_grid(1)
    np.testing.assert_allclose(parabola.decode(np.ones(len(grid)), grid), grid[0], atol=1e-9)


def test_scores_on_the_sphere_are_the_mean_vector():
    grid = icosahedral_grid(1)
    spectrum = np.zeros(len(grid))
    spectrum[0] = 1.0
    neighbor = great_circle_distance(grid, grid[:1]).argsort()[1]
    spectrum[neighbor] = 1.0
    decoded = AdjacentDecoder(2).decode(spectrum, grid)
    np.testing.assert_allclose(
        great_circle_distance(decoded[None], grid[[0, neighbor]]),
        great_circle_distance(grid[:1], grid[neighbor : neighbor + 1]).item() / 2,
    )


@pytest.mark.parametrize("decoder", [AdjacentDecoder(2), AdjacentDecoder(weights="parabola")])
def test_distances_are_kept(decoder):
    grid = near_field_grid(CLOSED, [0.5, 1.0, 2.0])
    spectrum = lobe([[31.0, 0.0]], grid[:, :2], width=8.0) * np.where(grid[:, 2] == 1.0, 1.0, 0.5)
    decoded = decoder.decode(spectrum, grid)
    assert decoded[0, 1:].tolist() == [0.0, 1.0]
    assert abs(decoded[0, 0] - 31.0) < 1.5


@pytest.mark.parametrize("grid", [CLOSED, sphere_grid(5)], ids=["circle", "sphere"])
def test_peaks_of_three_sources(grid):
    truth = np.array([[-178.0, 0.0], [-31.0, 40.0], [62.0, -20.0]])
    truth = truth[:, 0] if grid.ndim == 1 else truth
    heights = np.array([1.0, 0.8, 0.6])
    spectrum = heights @ lobe(truth, grid, width=12.0)
    decoded = PeakDecoder(4).decode(spectrum, grid)
    assert decoded.shape == (4, grid.ndim)
    assert np.isnan(decoded[3]).all()
    truth = truth[:, None] if grid.ndim == 1 else truth
    assert great_circle_distance(decoded[:3], truth).max() < 0.5


def test_threshold_and_separation():
    grid = np.arange(0.0, 60.0, 5.0)
    spectrum = [0, 3, 0, 6, 0, 1, 0, 2, 0, 0, 0, 0]
    peaks = PeakDecoder(9, min_separation=0, refine=None).decode(spectrum, grid)
    assert peaks[:4, 0].tolist() == [15, 5, 35, 25]
    assert np.isnan(peaks[4:]).all()
    high = PeakDecoder(9, threshold=0.4, min_separation=0).decode(spectrum, grid)
    assert np.isfinite(high).sum() == 2
    apart = PeakDecoder(9, min_separation=12).decode(spectrum, grid)
    assert np.isfinite(apart).sum() == 2


def test_a_flat_spectrum_has_no_peak():
    assert np.isnan(PeakDecoder(2).decode(np.ones((3, len(CLOSED))), CLOSED)).all()


@pytest.mark.parametrize("decoder", [*DECODERS, PeakDecoder(2)])
@pytest.mark.parametrize(
    "grid",
    [OPEN, CLOSED, sphere_grid(10), near_field_grid(icosahedral_grid(2), [1.0, 2.0])],
    ids=["open", "circle", "sphere", "distances"],
)
def test_neighbours_can_be_passed(decoder, grid):
    spectrum = np.random.default_rng(0).uniform(size=(20, len(grid)))
    passed = decoder.decode(spectrum, grid, neighbors=grid_neighbors(grid))
    np.testing.assert_array_equal(passed, decoder.decode(spectrum, grid))
    with pytest.raises(ValueError, match="neighbors must have one row for each"):
        decoder.decode(spectrum, grid, neighbors=np.zeros((3, 2), dtype=int))


@pytest.mark.parametrize("decoder", DECODERS, ids=str)
def test_a_grid_behind_does_not_decode_to_the_front(decoder):
    grid = np.arange(135.0, 226.0, 5.0)
    rng = np.random.default_rng(0)
    decoded = decoder.decode(rng.uniform(size=(100, len(grid))), grid)
    assert np.abs(circular_difference(decoded, 180.0)).max() <= 45


@pytest.mark.parametrize("decoder", [AdjacentDecoder(2), MeanDecoder()], ids=str)
def test_two_opposite_azimuths_have_a_mean_in_front(decoder):
    assert decoder.decode([[0.25, 0.75]], [-90.0, 90.0]).tolist() == [45.0]


@pytest.mark.parametrize("decoder", [*DECODERS, PeakDecoder(2)])
def test_bad_input_is_refused(decoder):
    with pytest.raises(ValueError, match="n_directions=37"):
        decoder.decode(np.ones((2, 36)), OPEN)
    with pytest.raises(ValueError, match="NaN"):
        decoder.decode(np.full((1, 37), np.nan), OPEN)
    with pytest.raises(ValueError, match="grid"):
        decoder.decode(np.ones((1, 3)), [0.0, np.nan, 1.0])
    for name in decoder.get_params():
        with pytest.raises(ValueError, match=name):
            clone(decoder).set_params(**{name: object()}).decode(np.ones((1, 37)), OPEN)


def test_fewer_peaks_than_sources_warn_once_with_their_number():
    spectra = np.array([[0.0, 2.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, 0.0, 0.0], [0.0] * 5])
    grid = [-60.0, -30.0, 0.0, 30.0, 60.0]
    with pytest.warns(UncertaintyWarning, match=r"1 of 3 spectra .* n_sources=2") as caught:
        directions = PeakDecoder(2).decode(spectra, grid)
    assert len(caught) == 1
    assert np.isnan(directions[..., 0]).tolist() == [[False, False], [False, True], [True, True]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PeakDecoder(2).decode(spectra[:1], grid)
        # A threshold says that sources may be absent.
        PeakDecoder(2, threshold=0.6).decode(spectra, grid)


@pytest.mark.parametrize("decoder", [*DECODERS, PeakDecoder()], ids=str)
def test_wrong_arguments_are_named(decoder):
    grid, spectrum = circular_grid(30.0), np.random.default_rng(0).random(12)
    for bad in (None, "x", 1.0, [[1.0], [1.0, 2.0]], 1j * spectrum, {1}):
        with pytest.raises(ValueError, match="spectrum"):
            decoder.decode(bad, grid)
    for bad in ([], np.zeros((3, 0)), "x", None):
        with pytest.raises(ValueError, match="grid"):
            decoder.decode(spectrum, bad)
    for bad in (5, "x", [[0, 1]], grid_neighbors(grid)[1:], grid_neighbors(grid) + 0.5):
        with pytest.raises((ValueError, TypeError), match="neighbors"):
            decoder.decode(spectrum, grid, neighbors=bad)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_spectra_of_other_numbers(dtype):
    spectrum = np.array([0, 3, 1], dtype=dtype)
    assert ArgmaxDecoder().decode(spectrum, [0.0, 10.0, 20.0]) == 10.0
