import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.encoding import (
    AdjacentDecoder,
    ArgmaxDecoder,
    GaussianEncoding,
    MeanDecoder,
    MixedEncoding,
    OneHotEncoding,
    PeakDecoder,
    SoftEncoding,
    UnbiasedEncoding,
)
from sslearn.geometry import (
    azimuth_grid,
    circular_difference,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    icosahedral_grid,
    sphere_grid,
)

# The grid of the paper: classes 0 and 72 are the same direction, and nothing wraps.
PAPER = np.linspace(0, 360, 73)
FRONT, CIRCLE = azimuth_grid(-90, 90, 5), circular_grid(5)
UNEVEN = np.array([-100.0, -60.0, -55.0, 0.0, 1.0, 40.0, 90.0])
UNEVEN_CIRCLE = np.array([-170.0, -80.0, -75.0, 0.0, 20.0, 100.0])
BEHIND = np.arange(135.0, 226.0, 5.0)
GRIDS = {
    "paper": PAPER,
    "front": FRONT,
    "circle": CIRCLE,
    "reversed": CIRCLE[::-1],
    "uneven": UNEVEN,
    "uneven_circle": UNEVEN_CIRCLE,
    "behind": BEHIND,
    "half_turn": np.arange(0.0, 181.0, 5.0),
    "half_turn_of_two": np.array([-90.0, 90.0]),
    "shuffled": np.random.default_rng(0).permutation(FRONT),
}
ENCODINGS = [
    OneHotEncoding(),
    GaussianEncoding(),
    SoftEncoding(),
    UnbiasedEncoding(),
    MixedEncoding(),
]
ALL_AROUND = [OneHotEncoding(), GaussianEncoding(), UnbiasedEncoding(), MixedEncoding()]


def azimuths_within(grid, n=400):
    """Random azimuths between the ends of a grid, its classes, and what is next to them."""
    rng = np.random.default_rng(1)
    if grid is BEHIND:
        low, high = 135, 225
    elif grid is CIRCLE or grid is PAPER or len(grid) in (6, 72):
        low, high = 0, 360
    else:
        low, high = grid.min(), grid.max()
    near = np.concatenate([grid, grid - 1e-9, grid + 1e-9])
    near = near[(near >= low) & (near <= high)]
    return np.concatenate([rng.uniform(low, high, n), near])


# ------------------------------------------------------------------ values of the paper


def test_unit_values():
    encode = {
        type(e).__name__: clone(e).set_params(grid=PAPER).fit_transform([93.2])[0]
        for e in ENCODINGS
    }
    unbiased = encode["UnbiasedEncoding"]
    np.testing.assert_allclose(unbiased[[18, 19]], [0.36, 0.64], atol=1e-12)
    assert np.isclose(unbiased.sum(), 1)
    np.testing.assert_allclose(
        encode["GaussianEncoding"][17:21], [0.3497, 0.8521, 0.9506, 0.4855], atol=5e-5
    )
    assert encode["OneHotEncoding"].nonzero()[0].tolist() == [19]
    assert encode["SoftEncoding"][16:23].tolist() == [0, 0.1, 0.2, 0.4, 0.2, 0.1, 0]
    np.testing.assert_allclose(
        encode["MixedEncoding"], 0.2 * unbiased + 0.8 * encode["GaussianEncoding"]
    )


def test_exactly_a_whole_turn_is_the_last_class():
    # The paper moves 360 to 360 - 1e-4, so that its classes are 71 and 72.
    for encoding in ENCODINGS:
        encoding = clone(encoding).set_params(grid=PAPER).fit([0.0])
        near, end, start = encoding.transform([360 - 1e-9, 360, 0])
        np.testing.assert_allclose(end, near, atol=1e-8)
        np.testing.assert_allclose(end, start[::-1], atol=1e-12)
    two = UnbiasedEncoding(PAPER).fit_transform([[[0.0], [360.0]]])[0]
    assert two.argmax(axis=1).tolist() == [72, 0]  # in descending order
    around = UnbiasedEncoding(np.linspace(-180, 180, 73)).fit_transform([180.0, -180.0])
    assert around.argmax(axis=1).tolist() == [72, 0]


def test_width_has_no_factor_of_two():
    label = GaussianEncoding([-8.0, 0.0, 8.0]).fit_transform([0.0])[0]
    np.testing.assert_allclose(label, [np.exp(-1), 1, np.exp(-1)])
    wide = GaussianEncoding(CIRCLE).fit_transform([0.0])[0]
    assert np.isclose(wide.sum(), 2.836, atol=1e-3)  # not normalised


@pytest.mark.parametrize(
    ("encoding", "n_adjacent", "expected"),
    [
        (GaussianEncoding(), 2, 92.637),
        (GaussianEncoding(), 3, 94.199),
        (UnbiasedEncoding(), 2, 93.2),
        (UnbiasedEncoding(), 3, 93.2),
    ],
)
@pytest.mark.parametrize("grid", [PAPER, CIRCLE], ids=["paper", "circle"])
def test_decoded_unit_values(encoding, n_adjacent, expected, grid):
    encoding = clone(encoding).set_params(grid=grid, decoder=AdjacentDecoder(n_adjacent))
    decoded = encoding.inverse_transform(encoding.fit_transform([93.2]))
    assert np.isclose(decoded[0], expected, atol=1e-3)


# On paper: |e - 5/3| averaged over e in [-2.5, 2.5] is 65/36 = 1.806 for two of the soft labels.
FLOORS = {
    "OneHotEncoding": (1.25, 1.25, 1.25),
    "GaussianEncoding": (1.25, 1.007, 0.694),
    "SoftEncoding": (1.25, 65 / 36, 1.25),
    "UnbiasedEncoding": (1.25, 0.0, 0.0),
    "MixedEncoding": (1.25, 0.881, 0.625),
}


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("grid", [PAPER, CIRCLE], ids=["paper", "circle"])
def test_floors_of_perfect_outputs(encoding, grid):
    # Away from the ends of the open grid.
    y = 5 * (np.arange(20000) + 0.5) / 20000 + np.array([[100.0], [40.0]])
    encoding = clone(encoding).set_params(grid=grid).fit(y.ravel())
    targets = encoding.transform(y.ravel())
    for decoder, floor in zip(
        (ArgmaxDecoder(), AdjacentDecoder(2), AdjacentDecoder(3)),
        FLOORS[type(encoding).__name__],
        strict=True,
    ):
        encoding.set_params(decoder=decoder)
        error = np.abs(circular_difference(encoding.inverse_transform(targets), y.ravel()))
        assert np.isclose(error.mean(), floor, atol=1e-3), decoder


def test_two_adjacent_classes_are_biased_for_bells_on_a_class():
    encoding = GaussianEncoding(PAPER, decoder=AdjacentDecoder(2))
    decoded = encoding.inverse_transform(encoding.fit_transform([90.0]))
    assert np.isclose(decoded[0] - 90, 2.02, atol=0.01)


# ------------------------------------------------------------------ round trips


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("n_adjacent", [2, 3])
def test_unbiased_round_trip_is_exact(name, n_adjacent):
    grid = GRIDS[name]
    y = azimuths_within(grid)
    encoding = UnbiasedEncoding(grid, decoder=AdjacentDecoder(n_adjacent))
    targets = encoding.fit_transform(y)
    assert targets.shape == (len(y), len(grid))
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    decoded = encoding.inverse_transform(targets)
    assert decoded.min() >= -180
    assert decoded.max() < 180
    assert np.abs(circular_difference(decoded, y)).max() < 1e-9


@pytest.mark.parametrize("name", GRIDS)
def test_mean_of_unbiased_labels_is_the_direction(name):
    if "circle" in name or name == "reversed":
        pytest.skip("a mean of vectors")
    grid = GRIDS[name]
    y = azimuths_within(grid)
    encoding = UnbiasedEncoding(grid, decoder=MeanDecoder())
    decoded = encoding.inverse_transform(encoding.fit_transform(y))
    assert np.abs(circular_difference(decoded, y)).max() < 1e-9


@pytest.mark.parametrize("name", GRIDS)
def test_one_hot_takes_the_nearest_class(name):
    grid = GRIDS[name]
    y = azimuths_within(grid)
    distance = np.abs(circular_difference(y[:, None], grid))
    encoding = OneHotEncoding(grid, decoder=ArgmaxDecoder())
    decoded = encoding.inverse_transform(encoding.fit_transform(y))
    error = np.abs(circular_difference(decoded, y))
    np.testing.assert_allclose(error, distance.min(axis=1), atol=1e-9)


@pytest.mark.parametrize(
    "grid",
    [
        icosahedral_grid(2),
        fibonacci_grid(300),
        sphere_grid(10),
        sphere_grid(15, elevation_range=(-90, 0)),
        sphere_grid(10, elevation_range=(-30, 60)),
    ],
    ids=["icosahedron", "spiral", "rings", "lower_half", "band"],
)
def test_unbiased_round_trip_on_the_sphere(grid):
    y = fibonacci_grid(3001)
    band = np.ptp(grid[:, 1]) == 90
    if band:
        y = y[(y[:, 1] > grid[:, 1].min() + 1) & (y[:, 1] < grid[:, 1].max() - 1)]
    y = np.concatenate([y, grid, [[-180.0, 0.0], [179.999, -1e-9]]])
    if not band:
        y = np.concatenate([y, [[0.0, 90.0], [30.0, -90.0], [60.0, 89.9]]])
    if grid[:, 1].max() == 0:
        y = y[y[:, 1] <= 0]
    encoding = UnbiasedEncoding(grid)
    targets = encoding.fit_transform(y)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    assert ((targets > 0).sum(axis=1) <= 3).all()
    assert great_circle_distance(encoding.inverse_transform(targets), y).max() < 1e-9


def test_labels_on_the_sphere():
    grid, y = icosahedral_grid(2), fibonacci_grid(50)
    distance = great_circle_distance(y[:, None], grid)
    one_hot = OneHotEncoding(grid).fit_transform(y)
    np.testing.assert_array_equal(one_hot.argmax(axis=1), distance.argmin(axis=1))
    bell = GaussianEncoding(grid, width=20).fit_transform(y)
    np.testing.assert_allclose(bell, np.exp(-((distance / 20) ** 2)), atol=1e-9)
    mixed = MixedEncoding(grid=grid).fit_transform(y)
    narrow = GaussianEncoding(grid).fit_transform(y)
    np.testing.assert_allclose(mixed, 0.2 * UnbiasedEncoding(grid).fit_transform(y) + 0.8 * narrow)


# ------------------------------------------------------------------ ends, open and circular


def test_ends_of_the_open_grid_of_the_paper():
    unbiased = UnbiasedEncoding(PAPER).fit_transform([359.0, 0.0, -1.0])
    assert unbiased[:, [71, 72, 0]].round(9).tolist() == [[0.2, 0.8, 0], [0, 0, 1], [0.2, 0.8, 0]]
    bell = GaussianEncoding(PAPER).fit_transform([359.0])[0]
    np.testing.assert_allclose(bell[[0, 72]], [0, np.exp(-1 / 64)], atol=1e-12)
    soft = SoftEncoding(PAPER).fit_transform([0.0, 5.0, 355.0, 359.0])
    np.testing.assert_allclose(soft.sum(axis=1), [0.7, 0.9, 0.9, 0.7])
    assert soft[3, 72] == 0.4
    assert OneHotEncoding(PAPER).fit_transform([359.0]).argmax() == 72


def test_a_peak_at_an_open_end_has_neighbours_on_one_side():
    scores = np.zeros((2, 73))
    scores[0, [0, 1, 72]] = 0.6, 0.2, 0.5
    scores[1, [72, 71, 0]] = 0.6, 0.2, 0.5
    decoded = UnbiasedEncoding(PAPER).fit([0.0]).inverse_transform(scores)
    np.testing.assert_allclose(decoded, [1.25, -1.25], atol=1e-9)


def test_ends_of_the_circular_grid():
    unbiased = UnbiasedEncoding(CIRCLE).fit_transform([179.0])[0]
    np.testing.assert_allclose(unbiased[[71, 0]], [0.2, 0.8])
    bell = GaussianEncoding(CIRCLE).fit_transform([179.0])[0]
    np.testing.assert_allclose(bell[[71, 0, 1]], np.exp(-(np.array([4, 1, 6]) ** 2) / 64))
    soft = SoftEncoding(CIRCLE).fit_transform([-180.0, 179.0, 174.0])
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    assert soft[0, [70, 71, 0, 1, 2]].tolist() == [0.1, 0.2, 0.4, 0.2, 0.1]
    scores = np.zeros((1, 72))
    scores[0, [0, 1, 71]] = 0.6, 0.1, 0.3
    decoded = UnbiasedEncoding(CIRCLE).fit([0.0]).inverse_transform(scores)
    np.testing.assert_allclose(decoded, [179.0])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_labels_turn_with_the_source_on_the_circle(encoding):
    encoding = clone(encoding).set_params(grid=CIRCLE)
    y = np.array([-179.0, -42.0, 93.2])
    np.testing.assert_allclose(
        encoding.fit_transform(y + 15), np.roll(encoding.fit_transform(y), 3, axis=1), atol=1e-12
    )


def test_half_way_goes_to_the_even_class():
    one_hot = OneHotEncoding(PAPER).fit_transform([2.5, 7.5, 92.5, 97.5])
    assert one_hot.argmax(axis=1).tolist() == [0, 2, 18, 20]


def test_unbiased_labels_on_uneven_azimuths():
    label = UnbiasedEncoding([-30.0, 0.0, 10.0]).fit_transform([-10.0, 7.0])
    np.testing.assert_allclose(label, [[1 / 3, 2 / 3, 0], [0, 0.3, 0.7]])


def test_y_is_not_modified():
    y = np.array([180.0, 360.0, 90.0])
    UnbiasedEncoding([0, 90, 180]).fit(y).transform(y)
    assert y.tolist() == [180, 360, 90]


def test_float32_at_the_end_of_an_open_grid():
    y = np.float32([90.0, -90.0]) + np.float32([1e-5, -1e-5])
    label = UnbiasedEncoding(FRONT).fit(y).transform(y)
    assert label[:, [36, 0]].tolist() == [[1, 0], [0, 1]]


# ------------------------------------------------------------------ grids chosen in fit


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_grid_chosen_from_y(encoding):
    encoding = clone(encoding)
    np.testing.assert_array_equal(encoding.fit([-90.0, 90.0]).grid_, FRONT)
    assert encoding.output_spec_.shape == (37,)
    np.testing.assert_array_equal(encoding.fit([-90.0, 91.0]).grid_, CIRCLE)
    assert encoding.output_spec_.shape == (72,)
    assert encoding.get_params()["grid"] is None


@pytest.mark.parametrize("encoding", ALL_AROUND, ids=lambda e: type(e).__name__)
def test_grid_chosen_for_elevations(encoding):
    y = np.array([[0.0, 90.0], [10.0, 20.0]])
    targets = clone(encoding).fit_transform(y)
    assert targets.shape == (2, 642)
    encoding = clone(encoding).fit(y)
    error = great_circle_distance(encoding.inverse_transform(targets), y)
    assert error.max() < (1e-6 if type(encoding) is UnbiasedEncoding else 5)


def test_defaults_of_activation_and_loss():
    specs = [clone(e).fit([0.0]).output_spec_ for e in ENCODINGS]
    assert [spec.loss for spec in specs] == ["cross_entropy", "mse", "mse", "mse", "mse"]
    activations = ["softmax", "sigmoid", "softmax", "softmax", "sigmoid"]
    assert [spec.activation for spec in specs] == activations
    assert all(spec.classes and spec.frames == "mean" and not spec.absence for spec in specs)
    mixed = MixedEncoding([UnbiasedEncoding(), SoftEncoding()]).fit([0.0])
    assert mixed.output_spec_.activation == "softmax"


# ------------------------------------------------------------------ mixtures and several sources


def test_training_targets_of_a_mixture():
    encoding = MixedEncoding([UnbiasedEncoding(), SoftEncoding()], weights=(1, 3), grid=CIRCLE)
    targets = encoding.fit([10.0]).training_targets([10.0, 93.2])
    expected = [e.set_params(grid=CIRCLE) for e in (UnbiasedEncoding(), SoftEncoding())]
    np.testing.assert_array_equal(
        targets, np.hstack([e.fit_transform([10.0, 93.2]) for e in expected])
    )
    assert encoding.output_spec_.mixture == (1, 3)
    assert UnbiasedEncoding().fit([10.0]).output_spec_.mixture is None


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_one_label_per_source_in_descending_order(encoding):
    y = np.array([[[10.0], [200.0]], [[350.0], [100.0]]])
    encoding = clone(encoding).set_params(grid=PAPER)
    targets = encoding.fit_transform(y)
    assert targets.shape == (2, 2, 73)
    assert encoding.output_spec_.shape == (2, 73)
    single = clone(encoding).fit([0.0])
    for source, azimuth in enumerate([[200.0, 350.0], [10.0, 100.0]]):
        np.testing.assert_array_equal(targets[:, source], single.transform(azimuth))
    decoded = encoding.inverse_transform(targets)
    assert decoded.shape == y.shape
    assert np.abs(circular_difference(decoded[:, 0, 0], [200.0, 350.0])).max() < 3
    # On the circular grid 200 and 350 degrees are -160 and -10.
    order = encoding.set_params(grid=CIRCLE).fit(y).transform(y)
    np.testing.assert_array_equal(order[0, 0], clone(encoding).fit_transform([10.0])[0])


def test_several_sources_on_the_sphere():
    y = np.array([[[10.0, 20.0], [60.0, -80.0]], [[-170.0, 0.0], [-175.0, 90.0]]])
    encoding = UnbiasedEncoding()
    targets = encoding.fit_transform(y)
    assert targets.shape == (2, 2, 642)
    decoded = encoding.inverse_transform(targets)
    assert great_circle_distance(decoded, [y[0, ::-1], y[1]]).max() < 1e-6


def test_decoder_of_several_sources():
    encoding = UnbiasedEncoding(CIRCLE, decoder=PeakDecoder(2)).fit([0.0])
    scores = encoding.transform([-100.0]) + 0.5 * encoding.transform([60.0])
    assert encoding.inverse_transform(scores).tolist() == [[[-100.0], [60.0]]]


@pytest.mark.parametrize("name", ["paper", "behind", "half_turn"])
def test_peaks_on_open_grids(name):
    grid = GRIDS[name]
    encoding = UnbiasedEncoding(grid, decoder=PeakDecoder(2)).fit(grid[:1])
    y = grid[[3, -4]]
    scores = encoding.transform(y[:1]) + 0.5 * encoding.transform(y[1:])
    peaks = encoding.inverse_transform(scores)[0, :, 0]
    assert np.abs(circular_difference(peaks, y)).max() < 1e-9


# ------------------------------------------------------------------ objects and errors


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_clone_pickle_and_nested_parameters(encoding):
    encoding = clone(encoding).set_params(decoder=AdjacentDecoder(2))
    assert repr(clone(encoding)) == repr(encoding)
    encoding.set_params(decoder__n_adjacent=3)
    again = pickle.loads(pickle.dumps(encoding.fit([10.0, 80.0])))
    np.testing.assert_array_equal(again.transform([12.0]), encoding.transform([12.0]))


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: type(e).__name__)
def test_errors_of_grid_and_y(encoding):
    encoding = clone(encoding)
    with pytest.raises(ValueError, match="between the ends of the grid, -90 and 90"):
        encoding.fit([0.0]).transform([91.0])
    with pytest.raises(ValueError, match="twice"):
        encoding.set_params(grid=[0.0, 10.0, 10.0]).fit([0.0])
    with pytest.raises(ValueError, match="at least 2"):
        encoding.set_params(grid=[0.0]).fit([0.0])
    with pytest.raises(ValueError, match=r"grid must have shape \(n_classes,\).*in both"):
        encoding.set_params(grid=sphere_grid(30)).fit([0.0])
    with pytest.raises(ValueError, match="laid out as in fit"):
        encoding.set_params(grid=CIRCLE).fit([0.0]).transform([[[0.0]]])
    with pytest.raises(ValueError, match="scores must have shape"):
        encoding.inverse_transform(np.zeros((2, 73)))
    with pytest.raises(ValueError, match="every source"):
        encoding.fit([[[0.0], [np.nan]]])
    with pytest.raises(ValueError, match="not frame by frame"):
        encoding.fit(np.zeros((2, 2, 1))).transform(np.zeros((2, 3, 2, 1)))
    with pytest.raises(ValueError, match="shape"):
        encoding.fit(np.zeros((2, 3, 2, 2, 1)))
    with pytest.raises(ValueError, match="decoder"):
        encoding.set_params(decoder="argmax").fit([0.0])


@pytest.mark.parametrize("encoding", ALL_AROUND, ids=lambda e: type(e).__name__)
def test_errors_on_the_sphere(encoding):
    encoding = clone(encoding)
    with pytest.raises(ValueError, match=r"grid must have shape \(n_classes, 2\)"):
        encoding.set_params(grid=CIRCLE).fit([[0.0, 0.0]])
    with pytest.raises(ValueError, match="several elevations"):
        encoding.set_params(grid=[[0.0, 0.0], [90.0, 0.0]]).fit([[0.0, 0.0]])


def test_errors_of_single_encodings():
    band = sphere_grid(10, elevation_range=(-30, 30))
    with pytest.raises(ValueError, match="within the triangles"):
        UnbiasedEncoding(band).fit_transform([[0.0, 80.0]])
    with pytest.raises(ValueError, match="azimuths alone"):
        SoftEncoding().fit([[0.0, 80.0]])
    with pytest.raises(ValueError, match="weights"):
        SoftEncoding(weights=(0.0, 1.0)).fit([0.0])
    with pytest.raises(ValueError, match="width"):
        GaussianEncoding(width=0).fit([0.0])
    with pytest.raises(ValueError, match="encodings"):
        MixedEncoding([AdjacentDecoder()], weights=[1]).fit([0.0])
    with pytest.raises(ValueError, match="weights must have one"):
        MixedEncoding(weights=(1, 2, 3)).fit([0.0])
    with pytest.raises(ValueError, match="same grid"):
        MixedEncoding([UnbiasedEncoding(CIRCLE), GaussianEncoding(PAPER)]).fit([0.0])
