import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sslearn.utils import check_audio, check_floats, check_maps, check_spectrum

AUDIO = np.random.default_rng(0).standard_normal((3, 2, 500))
GATES = {
    "audio": (check_audio, AUDIO),
    "spectrum": (check_spectrum, AUDIO.reshape(3, 2, 10, 50) + 0j),
    "maps": (check_maps, AUDIO.reshape(3, 2, 10, 50)),
    "floats": (check_floats, AUDIO),
}


def objects(samples):
    array = np.empty(len(samples), dtype=object)
    for i, sample in enumerate(samples):
        array[i] = sample
    return array


@pytest.mark.parametrize("gate", GATES)
def test_every_container_gives_the_array(gate):
    check, X = GATES[gate]
    assert check(X) is X
    for given in (list(X), tuple(X), objects(X), pd.Series(list(X), index=[4, 0, 2])):
        np.testing.assert_array_equal(check(given), X)


@pytest.mark.parametrize("gate", GATES)
def test_foreign_byte_order_becomes_native(gate):
    check, X = GATES[gate]
    for size in (1, 2):
        given = X.astype(f"{X.dtype.kind}{X.itemsize // size}")
        swapped = given.astype(given.dtype.newbyteorder("S"))
        checked = check(swapped)
        assert checked.dtype == given.dtype
        assert checked.dtype.isnative
        np.testing.assert_array_equal(checked, given)
        np.testing.assert_array_equal(check(list(swapped)), given)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda X: set(range(3)), TypeError, "X must be an array.*got a set"),
        (lambda X: dict(enumerate(X)), TypeError, "X must be an array.*got a dict"),
        (iter, TypeError, "X must be an array"),
        (lambda X: (x for x in X), TypeError, "X must be an array.*got a generator"),
        (lambda X: sparse.eye(3), TypeError, "X must be a dense array"),
        (lambda X: ["a.wav", "b.wav"], TypeError, r"X holds paths: put AudioReader\(fs\) in front"),
        (lambda X: np.array(["a.wav"]), TypeError, "X holds paths"),
        (lambda X: "a.wav", TypeError, "X must hold one path per sample"),
        (lambda X: [], ValueError, r"X must hold at least one sample: found 0 sample\(s\)"),
        (lambda X: None, TypeError, "X must be an array.*got a NoneType"),
        (lambda X: X.astype(int), TypeError, "X must be .*got dtype int64"),
    ],
)
@pytest.mark.filterwarnings("ignore:Casting complex")
def test_what_is_no_array_is_named(gate, spoil, error, message):
    check, X = GATES[gate]
    with pytest.raises(error, match=message):
        check(spoil(X))


@pytest.mark.parametrize("gate", ["spectrum", "maps", "floats"])
def test_samples_of_several_shapes_are_named(gate):
    check, X = GATES[gate]
    with pytest.raises(ValueError, match=r"X must hold samples of one shape; got \[\(1, .*\(2, "):
        check([X[0], X[1][:1]])


def test_clips_of_several_lengths_stay_a_list():
    clips = [AUDIO[0], AUDIO[1][:, :400]]
    for given in (clips, tuple(clips), objects(clips), pd.Series(clips, index=[1, 0])):
        checked = check_audio(given)
        assert [clip.shape for clip in checked] == [(2, 500), (2, 400)]
    with pytest.raises(ValueError, match="same number of channels"):
        check_audio([AUDIO[0], AUDIO[1][:1]])
    with pytest.raises(ValueError, match=r"X\[1\] must have at least 450 times"):
        check_audio(clips, min_times=450)


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ({"n_channels": 2}, "n_channels=2 channels on axis 1; got 500"),
        ({"min_times": 64}, "at least 64 times per clip"),
        ({}, "500 channels of 2 times"),
    ],
)
def test_axes_that_changed_places(required, message):
    X = AUDIO.swapaxes(1, 2)
    with pytest.raises(ValueError, match=rf"{message}.*look swapped.*np\.moveaxis\(X, 1, 2\)"):
        check_audio(X, **required)
    np.testing.assert_array_equal(check_audio(np.moveaxis(X, 1, 2), **required), AUDIO)
    with pytest.raises(ValueError, match=r"X\[0\].*look swapped.*try X\[0\]\.T"):
        check_audio([X[0], X[1][:400]], **required)


def test_short_clips_of_many_channels_are_not_swapped():
    assert check_audio(np.zeros((1, 32, 16))).shape == (1, 32, 16)
    with pytest.raises(ValueError, match="Use longer clips or a smaller n_fft"):
        check_audio(np.zeros((1, 4, 100)), min_times=512)


def test_a_missing_axis_is_told_without_the_size_of_a_chunk():
    with pytest.raises(
        ValueError, match=r"2 dimension\(s\), each sample of shape \(500,\).*X\[None\]"
    ):
        check_audio(AUDIO[0])
