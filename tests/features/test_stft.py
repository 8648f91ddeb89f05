import numpy as np
import pytest
from scipy.signal import stft

from sslearn.features import STFT


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_cosine_at_a_bin():
    n = np.arange(512)
    X = np.cos(2 * np.pi * 20 * n / 256)[None, None]
    spectrum = STFT(256, window="boxcar", hop_length=256).transform(X)
    expected = np.zeros((1, 1, 129, 2))
    expected[0, 0, 20] = 128
    np.testing.assert_allclose(spectrum, expected, atol=1e-9)


@pytest.mark.parametrize("window", ["hann", ("kaiser", 8.0), "hamming"])
@pytest.mark.parametrize("n_times", [512, 513, 4000])
def test_equals_scipy(window, n_times):
    X = noise(2, 3, n_times)
    options = {"nperseg": 512, "noverlap": 384, "boundary": None, "padded": False}
    _, _, expected = stft(X, window=window, scaling="spectrum", **options)
    spectrum = STFT(512, window=window).transform(X)
    np.testing.assert_allclose(spectrum / abs(spectrum).max(), expected / abs(expected).max())


def test_cosine_is_the_sine_window_and_its_squares_add_to_one():
    impulse = np.eye(64)[None]
    values = np.abs(STFT(64, window="cosine").transform(impulse)[0, :, 5, 0])
    np.testing.assert_allclose(values, np.sin(np.pi * (np.arange(64) + 0.5) / 64))
    np.testing.assert_allclose(values[:32] ** 2 + values[32:] ** 2, 1)


def test_short_window_is_centred():
    X = noise(1, 1, 64)
    padded = np.pad(np.ones(32), 16)
    np.testing.assert_allclose(
        STFT(64, win_length=32, window="boxcar").transform(X),
        STFT(64, window=padded).transform(X),
    )


@pytest.mark.parametrize(
    ("dtype", "expected"), [(np.float32, np.complex64), (np.float64, np.complex128)]
)
def test_dtype(dtype, expected):
    assert STFT().transform(noise(1, 1, 600).astype(dtype)).dtype == expected


@pytest.mark.parametrize(("n_times", "n_frames"), [(512, 1), (639, 1), (640, 2)])
def test_frames_only_where_they_fit(n_times, n_frames):
    assert STFT(512).transform(noise(1, 2, n_times)).shape == (1, 2, 257, n_frames)


@pytest.mark.parametrize(("padding", "mode"), [("zeros", "constant"), ("reflect", "reflect")])
@pytest.mark.parametrize(("n_fft", "n_times"), [(64, 400), (65, 401), (64, 33)])
def test_padding_is_that_of_padded_audio(padding, mode, n_fft, n_times):
    X = noise(2, 3, n_times)
    padded = np.pad(X, ((0, 0), (0, 0), (n_fft // 2, n_fft // 2)), mode)
    expected = STFT(n_fft, hop_length=16).transform(padded)
    spectrum = STFT(n_fft, hop_length=16, padding=padding).transform(X)
    np.testing.assert_array_equal(spectrum, expected)


def test_padded_frames_are_centred_and_counted():
    # 2 s at 16 kHz: 18 blocks of 7 frames.
    assert STFT(512, hop_length=256, padding="zeros").transform(noise(1, 2, 32000)).shape[3] == 126
    impulse = np.zeros((1, 1, 1000))
    impulse[..., 300] = 1.0
    energy = np.abs(STFT(128, hop_length=100, padding="zeros").transform(impulse)).sum(axis=2)
    assert energy[0, 0].argmax() == 3
    assert np.count_nonzero(energy) == 1


def test_padded_equals_torch():
    torch = pytest.importorskip("torch")
    X = noise(3, 1000)
    expected = torch.stft(
        torch.from_numpy(X),
        256,
        hop_length=64,
        window=torch.hann_window(256, dtype=torch.float64),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    spectrum = STFT(256, padding="reflect").transform(X[None])[0]
    np.testing.assert_allclose(spectrum, expected.numpy(), atol=1e-12)


def test_padding_keeps_float32_and_takes_short_clips():
    X = noise(1, 2, 600).astype(np.float32)
    assert STFT(padding="zeros").transform(X).dtype == np.complex64
    assert STFT(512, padding="zeros").transform(X[..., :1]).shape == (1, 2, 257, 1)
    with pytest.raises(ValueError, match="at least 257 times"):
        STFT(512, padding="reflect").fit(X[..., :256])


def test_unequal_lengths_are_refused_with_the_cure():
    with pytest.raises(ValueError, match=r"X must hold clips of the same length.*BinauralCues"):
        STFT().transform([noise(2, 600), noise(2, 700)])


def test_short_clips_are_refused():
    with pytest.raises(ValueError, match="at least 512 times"):
        STFT().fit(noise(1, 2, 511))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_fft": 1}, "n_fft"),
        ({"hop_length": 0}, "hop_length"),
        ({"win_length": 600}, "win_length must be at most n_fft=512"),
        ({"padding": "center"}, "padding"),
        ({"window": "nonsense"}, "window must be"),
        ({"window": "kaiser"}, "window must be"),
        ({"window": np.full(512, np.nan)}, "window must hold"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        STFT(**parameters).transform(noise(1, 2, 1000))


def in_chunks(transform, X, sizes):
    """Spectra of the chunks of a signal, and of its end."""
    state, parts = transform.initial_state(len(X)), []
    for chunk in np.split(X, np.cumsum(sizes), axis=2):
        part, state = transform.step(chunk, state)
        parts.append(part)
    parts.append(transform.flush(state))
    return np.concatenate([part for part in parts if part.size], axis=3)


@pytest.mark.parametrize("padding", ["reflect", "zeros", None])
@pytest.mark.parametrize(
    ("n_fft", "hop_length"), [(64, 16), (64, 40), (65, 7), (64, 100), (65, 300)]
)
@pytest.mark.parametrize("n_times", [65, 66, 400, 421])
def test_chunks_give_the_frames_of_the_whole(padding, n_fft, hop_length, n_times):
    X = noise(2, 3, n_times).astype(np.float32)
    transform = STFT(n_fft, hop_length=hop_length, padding=padding)
    expected = transform.transform(X)
    sizes = np.random.default_rng(n_times).integers(0, 60, 5)
    for chunks in (sizes, [1] * n_times, [n_times, 0], [0, 3]):
        np.testing.assert_array_equal(in_chunks(transform, X, chunks), expected)


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("first_center", [10, 32])
def test_first_frame_in_the_middle_of_the_first_hop(padding, first_center):
    """It is the same frame as that of a clip that starts so much later."""
    X = noise(2, 3, 200)
    transform = STFT(64, hop_length=20, padding=padding, first_center=first_center)
    spectrum = transform.transform(X)
    assert spectrum.shape[3] == 1 + (200 - first_center) // 20
    plain = STFT(64, hop_length=20).transform(X[..., first_center - 32 + 40 :])
    np.testing.assert_allclose(spectrum[..., 2:7], plain[..., :5], atol=1e-12)
    for chunks in ([1] * 200, [0, 3], [150, 7]):
        np.testing.assert_array_equal(in_chunks(transform, X, chunks), spectrum)


@pytest.mark.parametrize("params", [{"padding": None}, {"padding": "zeros", "n_fft": 16}])
def test_first_center_needs_padding(params):
    transform = STFT(64, first_center=10).set_params(**params)
    for call in (transform.transform, lambda X: transform.initial_state()):
        with pytest.raises(ValueError, match="first_center needs padding"):
            call(noise(1, 2, 200))


def test_a_frame_comes_with_its_last_sample():
    transform = STFT(512, hop_length=320, padding="reflect")
    X, state = noise(1, 2, 2000), transform.initial_state()
    seen = []
    for sample in np.split(X, 2000, axis=2):
        spectrum, state = transform.step(sample, state)
        seen.append(spectrum.shape[3])
        assert state.audio.shape[2] <= 512
    np.testing.assert_array_equal(np.flatnonzero(seen), [256, 575, 895, 1215, 1535, 1855])


def test_wrong_chunks_are_refused():
    transform = STFT(64, padding="reflect")
    _, state = transform.step(noise(2, 3, 40), transform.initial_state(2))
    with pytest.raises(ValueError, match="n_channels=3"):
        transform.step(noise(2, 2, 40), state)
    with pytest.raises(ValueError, match="batch_size=2"):
        transform.step(noise(1, 3, 40), state)
    with pytest.raises(ValueError, match="NaN"):
        transform.step(np.full((2, 3, 4), np.nan), state)
    _, short = transform.step(noise(1, 3, 32), transform.initial_state(1))
    with pytest.raises(ValueError, match="at least 33 times"):
        transform.flush(short)
