import dataclasses
import pickle

import numpy as np
import pytest

from sslearn.encoding import Encoding, OutputSpec, UnbiasedEncoding


class Lateral(Encoding):
    """Sine of an azimuth in front."""

    def _output_spec(self):
        return OutputSpec((1,), activation="tanh")

    def _encode(self, y):
        return np.sin(np.deg2rad(y))[:, None]

    def _decode(self, outputs):
        return np.rad2deg(np.arcsin(np.asarray(outputs)[:, 0]))


def test_three_methods_make_an_encoding():
    y = np.array([-40.0, 0.0, 80.0])
    encoding = Lateral().fit(y)
    assert encoding.output_spec_ == OutputSpec((1,), activation="tanh")
    np.testing.assert_allclose(encoding.inverse_transform(encoding.transform(y)), y, atol=1e-12)
    assert Lateral().fit(y[:, None]).inverse_transform([[0.0]]).shape == (1, 1)


@pytest.mark.parametrize(("shape", "n_sources"), [((5,), None), ((2, 5), 2)])
def test_axis_of_frames(shape, n_sources):
    spec = OutputSpec(shape)
    assert not spec.has_frames(np.zeros((3, *shape)))
    assert spec.has_frames(np.zeros((3, 7, *shape)))
    for wrong in ((3, *shape[:-1], 4), shape, (3, 7, 1, *shape)):
        with pytest.raises(ValueError, match=r"network must output the shape.*number of sources"):
            spec.has_frames(np.zeros(wrong))


def test_it_cannot_be_changed_and_is_pickled():
    spec = UnbiasedEncoding(threshold=0.5).fit([[[0.0]]]).output_spec_
    assert pickle.loads(pickle.dumps(spec)) == spec
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.absence = False
