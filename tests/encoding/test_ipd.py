"""Phase differences of the direct paths: targets, search of the direction, detection."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sslearn.encoding import IPDEncoding, SummedIPDEncoding
from sslearn.geometry import angles_to_unit_vectors, circular_grid, linear_array, sphere_grid

NAN = np.nan
# The centre and four microphones of the ring of 3 cm: 0, 90, 180 and -90 degrees.
MICS = [[0, 0, 0], [0.03, 0, 0], [0, 0.03, 0], [-0.03, 0, 0], [0, -0.03, 0]]
PAPER = IPDEncoding(MICS, speed_of_sound=340.0)
TRACK = np.array([[[[20.0], [-131.0]], [[21.0], [NAN]], [[NAN], [-130.0]], [[NAN], [NAN]]]])
SPHERE = np.array([*MICS, [0.01, 0.02, 0.04]])


def silent(encoding):
    """Target of a silent source."""
    y = np.full((1, 1, 1, encoding.n_angles_), NAN)
    return clone(encoding).fit(y).transform(y)[0, 0, 0]


def targets(encoding, directions):
    """Targets (n, n_outputs) of single sources."""
    return clone(encoding).fit(directions[:2]).transform(directions)


def test_target_is_the_phase_of_the_reference_relative_to_each_microphone():
    # A delay of white noise by that of a plane wave from 50 degrees.
    encoding = clone(PAPER)
    vector = encoding.fit([50.0]).transform([50.0])[0].reshape(2, 256, 4)
    noise = np.fft.rfft(np.random.default_rng(0).normal(size=512))
    freqs = np.fft.rfftfreq(512, 1 / 16000)
    delays = -np.array(MICS) @ angles_to_unit_vectors([50.0])[0] / 340.0
    X = noise * np.exp(-2j * np.pi * freqs * delays[:, None])
    phases = np.angle(X[0] * X[1:].conj())[:, 1:].T
    np.testing.assert_allclose(vector[0], np.cos(phases), atol=1e-9)
    np.testing.assert_allclose(vector[1], np.sin(phases), atol=1e-9)
    along = np.array(MICS)[1:] @ angles_to_unit_vectors([50.0])[0]
    formula = -2 * np.pi * 31.25 * np.arange(1, 257)[:, None] * along / 340.0
    np.testing.assert_allclose(vector, [np.cos(formula), np.sin(formula)], atol=1e-12)


@pytest.mark.parametrize("mics", [MICS, SPHERE], ids=["plane", "space"])
def test_silent_target_is_the_mean_over_the_circle(mics):
    encoding = IPDEncoding(mics).fit([[[[0.0]]]])
    mean = targets(encoding, circular_grid(1.0)).mean(axis=0)
    np.testing.assert_allclose(silent(encoding), mean, atol=1e-12)


def test_silent_target_is_the_mean_over_the_sphere():
    encoding = IPDEncoding(SPHERE).fit([[[[0.0, 0.0]]]])
    # Gauss-Legendre nodes of the height, and equal steps of azimuth, integrate exactly.
    heights, weights = np.polynomial.legendre.leggauss(40)
    elevations = np.rad2deg(np.arcsin(heights))
    directions = np.stack(np.meshgrid(circular_grid(4.0), elevations), axis=-1)
    by_circle = targets(encoding, directions.reshape(-1, 2)).reshape(40, 90, -1).mean(axis=1)
    np.testing.assert_allclose(silent(encoding), weights @ by_circle / 2, atol=1e-12)


def test_distances_of_the_published_array():
    encoding = clone(PAPER).fit([[[[0.0]]]])
    grid = targets(encoding, circular_grid(1.0))
    distances = np.square(grid - silent(encoding)).mean(axis=1)
    assert encoding.silent_distance_ == pytest.approx(0.2919, abs=5e-5)
    assert encoding.silent_distance_ == pytest.approx(distances.min(), abs=1e-12)
    np.testing.assert_allclose([distances.mean(), distances.max()], [0.3490, 0.4076], atol=5e-5)
    assert set(np.flatnonzero(distances < 0.29191)) == {45, 135, 225, 315}
    steps = (1, 5, 10, 20, 30)
    means = [np.square(grid - np.roll(grid, step, axis=0)).mean() for step in steps]
    np.testing.assert_allclose(means, [0.0005, 0.0125, 0.049, 0.182, 0.363], atol=6e-4)
    assert IPDEncoding(MICS, non_source="zeros").fit([[[0.0]]]).silent_distance_ == pytest.approx(
        0.5
    )


@pytest.mark.parametrize("matching", ["distance", "projection"])
@pytest.mark.parametrize("non_source", ["mean", "zeros"])
def test_targets_are_decoded_exactly(matching, non_source):
    encoding = clone(PAPER).set_params(matching=matching, non_source=non_source)
    encoded = encoding.fit_transform(TRACK)
    assert encoded.shape == (1, 4, 2, 2048)
    np.testing.assert_array_equal(encoding.inverse_transform(encoded), TRACK)
    every, scores = encoding.match(encoded)
    there = ~np.isnan(TRACK[..., 0])
    np.testing.assert_allclose(scores[there], 1.0, atol=1e-12)
    assert np.isfinite(every).all()
    if matching == "distance":
        np.testing.assert_allclose(scores[~there], 0.0, atol=1e-12)
    single = encoding.set_params(grid=circular_grid(10.0)).fit([10.0])
    np.testing.assert_array_equal(single.inverse_transform(single.transform([12.0])), [10.0])


def test_grid_of_one_side_for_a_line_of_microphones():
    """Behind the line, all phase differences are those in front of it."""
    y = np.array([[[[40.0], [-20.0]]]])
    encoding = IPDEncoding(linear_array(4, 0.04), grid=np.arange(-90.0, 91.0)).fit(y)
    np.testing.assert_array_equal(encoding.inverse_transform(encoding.transform(180 - y)), y)


def test_scores_are_relative_distances():
    encoding = clone(PAPER).fit(TRACK)
    outputs = np.random.default_rng(0).normal(0, 0.5, (1, 3, 2, 2048))
    grid = targets(encoding, circular_grid(1.0))
    distances = np.square(outputs[..., None, :] - grid).mean(axis=-1)
    spectrum = encoding.spatial_spectrum(outputs)
    np.testing.assert_allclose(spectrum, 1 - distances / encoding.silent_distance_, atol=1e-12)
    single = encoding.spatial_spectrum(outputs.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, spectrum, atol=1e-5)
    every, scores = encoding.match(outputs)
    np.testing.assert_array_equal(every[..., 0], encoding.grid_[spectrum.argmax(axis=-1)])
    np.testing.assert_array_equal(scores, spectrum.max(axis=-1))


def test_threshold_is_relative_to_the_distance_of_silence():
    encoding = clone(PAPER).fit(TRACK)
    vector = targets(encoding, np.array([33.0, 0.0]))[0]
    # Noise of mean square 0.39 and 0.41 of D0.
    noise = np.random.default_rng(0).choice([-1.0, 1.0], 2048)
    levels = np.sqrt(np.array([0.39, 0.41]) * encoding.silent_distance_)
    outputs = (vector + levels[:, None] * noise)[None, None]
    np.testing.assert_allclose(encoding.inverse_transform(outputs), [[[[33.0], [NAN]]]], atol=1)
    assert np.isfinite(encoding.detect(*encoding.match(outputs), threshold=0.5)).all()
    assert np.isfinite(encoding.set_params(threshold=0.5).inverse_transform(outputs)).all()


def test_layouts_and_specifications():
    for y, shape, frames, absence in [
        ([10.0, 20.0], (2048,), "mean", False),
        ([[10.0, 20.0]], (2048,), "mean", False),
        ([[[10.0]]], (2, 2048), "mean", True),
        ([[[[10.0]], [[20.0]]]], (2, 2048), "track", True),
    ]:
        encoding = IPDEncoding(MICS).fit(y)
        spec = encoding.output_spec_
        assert (spec.shape, spec.frames, spec.absence) == (shape, frames, absence)
        assert not spec.scaled
        assert (
            spec.loss == "mse" if len(shape) == 1 else spec.loss.each_frame == (frames == "track")
        )
    assert encoding.set_params(n_sources=1).fit([[[[10.0]]]]).output_spec_.loss == "mse"
    np.testing.assert_array_equal(
        encoding.set_params(n_sources=3).fit_transform(TRACK)[:, :, 2],
        np.tile(silent(encoding.fit(TRACK[:, :, :1])), (1, 4, 1)),
    )
    column = encoding.fit([[10.0], [20.0]])
    assert column.inverse_transform(column.transform([[30.0]])).tolist() == [[30.0]]


@pytest.mark.parametrize("encoding", [IPDEncoding(SPHERE), SummedIPDEncoding(SPHERE)])
def test_azimuth_and_elevation(encoding):
    y = np.array([[[[30.0, 60.0], [NAN, NAN]], [[-120.0, -15.0], [NAN, NAN]]]])
    decoded = encoding.fit(y).inverse_transform(encoding.transform(y))
    np.testing.assert_array_equal(decoded, y)
    np.testing.assert_array_equal(encoding.grid_, sphere_grid(5.0))
    assert encoding.fit([[30.0, 60.0]]).inverse_transform(
        encoding.transform([[30.0, 60.0]])
    ).tolist() == [[30.0, 60.0]]


def test_chunks_change_nothing(monkeypatch):
    encoding = clone(PAPER).fit(TRACK)
    outputs = encoding.transform(TRACK) + 0.1
    whole = encoding.match(outputs)
    monkeypatch.setattr("sslearn.encoding._ipd_matching._CHUNK_VALUES", 3 * 2048)
    for one, other in zip(encoding.match(outputs), whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    assert encoding.inverse_transform(outputs[:, :0]).shape == (1, 0, 2, 1)
    assert SummedIPDEncoding(MICS).fit(TRACK).inverse_transform(outputs[:, :0, 0]).shape == (
        1,
        0,
        2,
        1,
    )


def test_sum_of_the_sources():
    encoding = SummedIPDEncoding(MICS)
    summed = encoding.fit_transform(TRACK)
    each = IPDEncoding(MICS, non_source="zeros").fit_transform(TRACK)
    np.testing.assert_allclose(summed, each.sum(axis=2), atol=1e-12)
    assert summed.shape == (1, 4, 2048)
    decoded = encoding.inverse_transform(summed)
    np.testing.assert_array_equal(np.isnan(decoded).sum(axis=(0, 2, 3)), [0, 1, 1, 2])
    assert decoded[0, 1, 0] == 21.0
    assert decoded[0, 2, 0] == -130.0
    assert encoding.output_spec_.loss == "mse"


def test_sources_of_a_sum_are_found_one_after_the_other():
    encoding = SummedIPDEncoding(MICS, n_sources=3, threshold=0.01).fit(TRACK)
    outputs = np.random.default_rng(0).normal(0, 0.3, (1, 5, 2048))
    templates = targets(encoding, encoding.grid_)
    expected, rest = [], outputs[0].copy()
    for _ in range(3):
        ratios = rest @ templates.T / 1024
        best = ratios.argmax(axis=1)
        expected.append((encoding.grid_[best], ratios.max(axis=1)))
        rest -= ratios.max(axis=1)[:, None] * templates[best]
    azimuths, scores = encoding.match(outputs)
    np.testing.assert_array_equal(azimuths[0, :, :, 0].T, [azimuth for azimuth, _ in expected])
    np.testing.assert_allclose(scores[0].T, [ratio for _, ratio in expected], atol=1e-12)


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({"n_sources": 1}, TRACK, "n_sources must be at least 2"),
        ({"mic_positions": MICS[:1]}, TRACK, "at least 2 microphones"),
        ({"mic_positions": [[0, 0, 0], [0, 0, 0.1]]}, TRACK, "cannot resolve azimuth"),
        ({"grid": [[0.0, 0.0]]}, TRACK, r"grid must have shape \(n_directions,\)"),
        ({"grid": [0.0]}, [[0.0, 0.0]], r"grid must have shape \(n_directions, 2\)"),
        ({"fs": 0}, TRACK, "'fs' parameter"),
        ({"n_fft": 1}, TRACK, "'n_fft' parameter"),
        ({"matching": "best"}, TRACK, "'matching' parameter"),
        ({}, [[[1.0, 2.0, 3.0]]], "one of"),
    ],
)
def test_wrong_parameters(params, y, message):
    with pytest.raises(ValueError, match=message):
        IPDEncoding(MICS).set_params(**params).fit(y)


def test_wrong_targets():
    encoding = IPDEncoding(MICS).fit(TRACK)
    with pytest.raises(ValueError, match="laid out as in fit"):
        encoding.transform(TRACK[0])
    with pytest.raises(ValueError, match=r"shape \(n_samples, n_frames, 2, 2048\)"):
        encoding.inverse_transform(np.zeros((1, 2, 2048)))
    with pytest.raises(ValueError, match=r"shape \(\.\.\., 2048\)"):
        encoding.spatial_spectrum(np.zeros((1, 2, 7)))
    with pytest.raises(ValueError, match="must be finite"):
        encoding.inverse_transform(np.full((1, 4, 2, 2048), NAN))


@pytest.mark.parametrize("encoding", [PAPER, SummedIPDEncoding(MICS)], ids=["one", "sum"])
def test_templates_are_no_part_of_files(encoding):
    encoding = clone(encoding).fit(TRACK)
    outputs = np.random.default_rng(0).standard_normal((1, 4, *encoding.output_spec_.shape))
    expected = [encoding.inverse_transform(x) for x in (outputs, outputs.astype(np.float32))]
    file = pickle.dumps(encoding)
    # The targets of 360 directions fill 6 MB.
    assert len(file) < 60_000
    loaded = pickle.loads(file)
    for x, y in zip((outputs, outputs.astype(np.float32)), expected, strict=True):
        np.testing.assert_array_equal(loaded.inverse_transform(x), y)
    # A new fit forgets the templates of the old one.
    moved = encoding.set_params(grid=circular_grid(90.0)).fit(TRACK).inverse_transform(outputs)
    assert set(moved[~np.isnan(moved)]) <= {-180.0, -90.0, 0.0, 90.0}
