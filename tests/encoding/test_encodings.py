import numpy as np
import pytest

from sslearn.encoding import AngleEncoding, UnitVectorEncoding
from sslearn.geometry import great_circle_distance

ENCODINGS = [AngleEncoding(), AngleEncoding("sigmoid"), UnitVectorEncoding()]
AZIMUTH = np.array([-180.0, -179.99, -90, -1e-9, 0, 45, 90, 179.99])
DIRECTIONS = np.column_stack([AZIMUTH, np.linspace(-89, 89, len(AZIMUTH))])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("y", [AZIMUTH, DIRECTIONS], ids=["azimuth", "both"])
def test_round_trip(encoding, y):
    targets = encoding.fit_transform(y)
    assert targets.shape == (len(y), *encoding.output_shape_)
    decoded = encoding.inverse_transform(targets)
    assert decoded.shape == y.shape
    assert great_circle_distance(decoded, y).max() < 1e-9


def test_values_on_paper():
    assert AngleEncoding().fit_transform([[90.0, -45.0]]).tolist() == [[0.5, -0.5]]
    assert AngleEncoding("sigmoid").fit_transform([90.0]).tolist() == [[0.75]]
    np.testing.assert_allclose(
        UnitVectorEncoding().fit_transform([[90.0, 30.0]]), [[0, np.sqrt(0.75), 0.5]], atol=1e-12
    )


def test_activation_follows_the_scale():
    assert AngleEncoding().activation == "tanh"
    assert AngleEncoding("sigmoid").activation == "sigmoid"
    assert UnitVectorEncoding().activation is None


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


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_errors(encoding):
    with pytest.raises(ValueError, match="elevation"):
        encoding.fit([[0.0, 91.0]])
    with pytest.raises(ValueError, match="y must have one of"):
        encoding.fit([[0.0, 0.0, 1.0]])
    with pytest.raises(ValueError, match="y must have one of"):
        encoding.fit([0.0]).transform([[0.0, 0.0]])
    with pytest.raises(ValueError, match="scale"):
        AngleEncoding("relu").fit([0.0])
