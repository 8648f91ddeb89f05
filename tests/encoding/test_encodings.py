import warnings

import numpy as np
import pytest

from sslearn.encoding import AngleEncoding, OneHotEncoding, UnitVectorEncoding
from sslearn.exceptions import UncertaintyWarning
from sslearn.geometry import great_circle_distance

ENCODINGS = [
    AngleEncoding(),
    AngleEncoding("sigmoid"),
    UnitVectorEncoding(),
    UnitVectorEncoding("sigmoid"),
]
AZIMUTH = np.array([-180.0, -179.99, -90, -1e-9, 0, 45, 90, 179.99])
DIRECTIONS = np.column_stack([AZIMUTH, np.linspace(-89, 89, len(AZIMUTH))])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("y", [AZIMUTH, DIRECTIONS], ids=["azimuth", "both"])
def test_round_trip(encoding, y):
    targets = encoding.fit_transform(y)
    assert targets.shape == (len(y), *encoding.output_spec_.shape)
    decoded = encoding.inverse_transform(targets)
    assert decoded.shape == y.shape
    assert great_circle_distance(decoded, y).max() < 1e-9


def test_values_on_paper():
    assert AngleEncoding().fit_transform([[90.0, -45.0]]).tolist() == [[0.5, -0.5]]
    assert AngleEncoding("sigmoid").fit_transform([90.0]).tolist() == [[0.75]]
    # (azimuth + 180) / 360 and (elevation + 90) / 180.
    assert AngleEncoding("sigmoid").fit_transform([[90.0, -45.0]]).tolist() == [[0.75, 0.25]]
    vector = np.array([[0, np.sqrt(0.75), 0.5]])
    np.testing.assert_allclose(
        UnitVectorEncoding().fit_transform([[90.0, 30.0]]), vector, atol=1e-12
    )
    np.testing.assert_allclose(
        UnitVectorEncoding("sigmoid").fit_transform([[90.0, 30.0]]), (vector + 1) / 2, atol=1e-12
    )


def test_activation_follows_the_scale():
    for encoding in ENCODINGS:
        spec = encoding.fit(AZIMUTH).output_spec_
        assert spec.activation == encoding.scale
        assert spec.code[1] == encoding.scale
        assert not spec.classes


def test_saturated_answers_are_legal_directions():
    encoding = AngleEncoding().fit([[0.0, 0.0]])
    assert encoding.inverse_transform([[1.0, 1.0], [-1.0, -1.0]]).tolist() == [
        [-180.0, 90.0],
        [-180.0, -90.0],
    ]


def test_length_of_the_answer_does_not_matter():
    encoding = UnitVectorEncoding().fit(DIRECTIONS)
    targets = encoding.transform(DIRECTIONS)
    np.testing.assert_allclose(
        encoding.inverse_transform(3.0 * targets), encoding.inverse_transform(targets), atol=1e-9
    )


def test_answers_beyond_a_pole_are_taken_to_it():
    encoding = AngleEncoding().fit([[0.0, 0.0]])
    answers = [[0.25, 1.2], [0.25, -1.2], [1.5, 0.5]]
    expected = [[45.0, 90.0], [45.0, -90.0], [-90.0, 45.0]]
    assert encoding.inverse_transform(answers).tolist() == expected


@pytest.mark.parametrize("scale", [None, "sigmoid"])
@pytest.mark.parametrize("y", [[0.0, 90.0], [[0.0, 0.0], [90.0, 20.0]]], ids=["azimuth", "both"])
def test_answers_that_cancel_are_uncertain(scale, y):
    encoding = UnitVectorEncoding(scale).fit(y)
    first, second = encoding.transform(y)
    opposite = -first if scale is None else 1 - first
    middle = 0.0 if scale is None else 0.5
    short = middle + 5e-4 * (second - middle)
    nothing = (first + opposite) / 2
    with pytest.warns(UncertaintyWarning, match="2 of 3 outputs"):
        decoded = encoding.inverse_transform([nothing, short, second])
    assert np.isfinite(decoded).all()
    np.testing.assert_allclose(decoded[1], y[1], atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoding.inverse_transform([middle + 2e-3 * (second - middle)])


@pytest.mark.parametrize("scale", ["tanh", "sigmoid"])
def test_mean_over_frames(scale):
    frames = np.array([[[179.0, 0.0], [-179.0, 0.0]], [[10.0, 20.0], [30.0, 20.0]]])
    higher = np.rad2deg(np.arctan(np.tan(np.deg2rad(20)) / np.cos(np.deg2rad(10))))
    means = {"arithmetic": ([0, 0], [20, 20]), "circular": ([-180, 0], [20, higher])}
    for frame_mean, expected in means.items():
        encoding = AngleEncoding(scale, frame_mean=frame_mean).fit(frames[0])
        answers = np.stack([encoding.transform(y) for y in frames])
        np.testing.assert_allclose(encoding.inverse_transform(answers), expected, atol=1e-9)
        expected_frames = {"arithmetic": "mean", "circular": "decode"}[frame_mean]
        assert encoding.output_spec_.frames == expected_frames
        azimuth = AngleEncoding(scale, frame_mean=frame_mean).fit([0.0])
        decoded = azimuth.inverse_transform(answers[..., :1])
        np.testing.assert_allclose(decoded, np.array(expected)[:, 0], atol=1e-9)


def test_frames_that_cancel_are_uncertain():
    encoding = AngleEncoding(frame_mean="circular").fit([0.0])
    with pytest.warns(UncertaintyWarning, match="1 of 2"):
        encoding.inverse_transform([[[0.5], [-0.5]], [[0.5], [0.4]]])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_errors(encoding):
    with pytest.raises(ValueError, match="elevation"):
        encoding.fit([[0.0, 91.0]])
    with pytest.raises(ValueError, match="y must have one of"):
        encoding.fit([[0.0, 0.0, 1.0]])
    with pytest.raises(ValueError, match=r"y must (have one of|be laid out as in fit)"):
        encoding.fit([0.0]).transform([[0.0, 0.0]])
    for shape in ((2, 2, 1), (2, 5, 2, 1)):
        with pytest.raises(ValueError, match="AngleEncoding encodes one source"):
            AngleEncoding().fit(np.zeros(shape))
    with pytest.raises(ValueError, match="scale"):
        type(encoding)("relu").fit([0.0])
    with pytest.raises(ValueError, match="frame_mean"):
        AngleEncoding(frame_mean="median").fit([0.0])


@pytest.mark.parametrize("encoding", [AngleEncoding(), UnitVectorEncoding(), OneHotEncoding()])
def test_what_cannot_be_decoded_is_named(encoding):
    encoding.fit([0.0, 50.0])
    n_outputs = encoding.output_spec_.shape[0]
    bad_values = [None, "x", 1.0, [[1.0], [1.0, 2.0]], {1}, np.zeros((2, n_outputs), complex)]
    for bad in [*bad_values, np.zeros((2, n_outputs + 1)), np.zeros((2, 0)), np.zeros(n_outputs)]:
        with pytest.raises(ValueError, match=r"targets|scores"):
            encoding.inverse_transform(bad)
    assert len(encoding.inverse_transform(np.eye(n_outputs).tolist())) == n_outputs
