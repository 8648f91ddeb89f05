import re
import warnings

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sslearn import recipes
from sslearn.datasets import make_plane_waves, make_shoebox
from sslearn.doa import diagnose_recording
from sslearn.exceptions import ArrayMismatchWarning
from sslearn.geometry import circular_array, linear_array, tetrahedral_array
from sslearn.simulation import Noise, ShoeboxRooms
from sslearn.utils import resample_audio

SQUARE, HEXAGON = circular_array(4, 0.05), circular_array(6, 0.05)
PAIR = linear_array(2, 0.15)


def record(mics, n_clips=8, snr=20, **kwargs):
    kwargs = {"azimuth_range": (-180, 180), "duration": 0.5, "random_state": 0, **kwargs}
    return make_plane_waves(n_clips, mic_positions=mics, snr=snr, **kwargs).data


def faults(X, mics, **kwargs):
    verdicts = diagnose_recording(X, mics, **kwargs)["verdict"]
    return verdicts.index[verdicts.isin(["warning", "error"])].tolist()


@pytest.mark.parametrize("snr", [0, 10, 30])
@pytest.mark.parametrize("mics", [SQUARE, HEXAGON, linear_array(8, 0.04), tetrahedral_array(0.05)])
def test_right_descriptions_give_no_alarm(mics, snr):
    X = record(mics, snr=snr)
    assert faults(X, mics) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(mics).fit(X).predict(X)


def test_one_signal_in_all_channels_is_no_wrong_unit():
    mics = circular_array(6, 0.05)
    X = record(mics)
    copies = np.repeat(X[:, :1], X.shape[1], axis=1)
    diagnosis = diagnose_recording(copies, mics, fs=16000)
    assert diagnosis.loc["units", "verdict"] == "unknown"
    assert diagnosis.loc["mono", "verdict"] == "error"


def test_a_microphone_in_the_centre_is_no_common_noise():
    mics = np.vstack([np.zeros((1, 3)), circular_array(4, 0.03)])
    rooms = ShoeboxRooms(2, t60=(0.3, 0.3))
    X = make_shoebox(8, mic_positions=mics, rooms=rooms, duration=1.0, random_state=0).data
    assert "common_noise" not in faults(X, mics)
    add_common_noise(X)
    assert "common_noise" in faults(X, mics)


@pytest.mark.parametrize("seed", [9, 25, 29])
def test_two_talkers_in_a_room_are_no_other_order(seed):
    # Their delays fit another of the many orders better than the right one, but not well.
    mics = circular_array(8, 0.1)
    rooms = ShoeboxRooms(1, t60=(0.3, 0.3))
    settings = {"mic_positions": mics, "n_sources": 2, "duration": 0.5, "random_state": seed}
    X = make_shoebox(1, rooms=rooms, **settings).data
    assert diagnose_recording(X, mics).loc["order", "verdict"] == "warning"
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(mics, n_sources=2).fit(X).predict(X)


@pytest.mark.parametrize(
    ("scale", "unit"), [(1000, "millimetres"), (100, "centimetres"), (1e-3, "metres")]
)
def test_units(scale, unit):
    X = record(SQUARE)
    row = diagnose_recording(X, scale * SQUARE).loc["units"]
    assert row["verdict"] == "error"
    assert unit in row["message"]
    with pytest.warns(ArrayMismatchWarning, match="must be in metres"):
        recipes.tdoa(scale * SQUARE).fit(X)


@pytest.mark.parametrize("n_sources", [1, 2])
@pytest.mark.parametrize("name", ["srp_phat", "music", "mvdr"])
def test_millimetres_warn_in_fit_of_recipes(name, n_sources):
    X = record(SQUARE, 1)
    with pytest.warns(ArrayMismatchWarning, match="metres"):
        getattr(recipes, name)(1000 * SQUARE, n_sources=n_sources, n_fft=64).fit(X)


@pytest.mark.parametrize(("fs", "likely"), [(8000, 16000), (44100, 16000), (48000, 16000)])
def test_sampling_rate(fs, likely):
    row = diagnose_recording(record(SQUARE), SQUARE, fs=fs).loc["sampling_rate"]
    assert row["verdict"] in ("warning", "error")
    assert str(likely) in row["message"]


def test_delays_as_long_as_around_a_sphere_do_not_warn():
    mics = tetrahedral_array(0.05)
    X = record(mics)
    assert "sampling_rate" in faults(X, mics / 1.4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(mics / 1.4).fit(X).predict(X)


def test_rates_that_are_right_in_files(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    paths = []
    for i, clip in enumerate(record(SQUARE, 4)):
        paths.append(tmp_path / f"{i}.wav")
        soundfile.write(paths[-1], resample_audio(clip, 16000, 32000).T / 20, 32000)
    assert faults(paths, SQUARE) == []
    rows = [[path.with_name(f"{path.stem}_{m}.wav") for m in range(4)] for path in paths]
    for path, row in zip(paths, rows, strict=True):
        for name, channel in zip(row, soundfile.read(path)[0].T, strict=True):
            soundfile.write(name, channel, 32000)
    assert faults(rows, SQUARE) == []


@pytest.mark.parametrize("mics", [SQUARE, HEXAGON, linear_array(8, 0.04)])
def test_swapped_channels_are_named(mics):
    order = [1, 0, *range(2, len(mics))]
    X = record(mics)[:, order]
    row = diagnose_recording(X, mics).loc["order"]
    assert row["verdict"] == "error"
    assert str(order) in row["message"]
    with pytest.warns(ArrayMismatchWarning, match="order"):
        recipes.music(mics).fit(X).predict(X)


def test_swaps_that_mirror_the_array_are_said_to_be_hidden():
    row = diagnose_recording(record(SQUARE), SQUARE).loc["order"]
    assert row["verdict"] == "ok"
    assert "(0, 2), (1, 3)" in row["message"]
    assert diagnose_recording(record(PAIR), PAIR).loc["order", "verdict"] == "unknown"


def test_transposed_positions_of_three_microphones():
    mics = circular_array(3, 0.05)
    X = record(mics, 12)
    assert "transposed" in faults(X, mics.T)
    with pytest.warns(ArrayMismatchWarning, match=r"mic_positions\.T"):
        recipes.srp_phat(mics.T).fit(X).predict(X)


def invert(X):
    X[:, 2] *= -1


def double(X):
    X[:, 3] = X[:, 2]


def double_with_noise(X):
    X[:, 3] = X[:, 2] + 0.03 * np.random.default_rng(0).standard_normal(X[:, 2].shape)


def silence(X):
    X[:, 1] = 0


def disconnect(X):
    X[:, 1] = 0.01 * np.random.default_rng(0).standard_normal(X[:, 1].shape)


def copy(X):
    X[:] = X[:, :1] + 1e-4 * np.random.default_rng(0).standard_normal(X.shape)


def clip(X):
    np.clip(X, -1, 1, out=X)


def offset(X):
    X[:, 2] += 2 * X.std()


def add_common_noise(X):
    X += X.std() * np.random.default_rng(0).standard_normal((len(X), 1, X.shape[2]))


@pytest.mark.parametrize(
    ("change", "row", "words"),
    [
        (invert, "polarity", r"\[2\]"),
        (double, "doubled", r"\(2, 3\)"),
        (double_with_noise, "doubled", r"\(2, 3\)"),
        (silence, "dead", r"\[1\]"),
        (disconnect, "dead", r"\[1\]"),
        (copy, "mono", "same signal"),
        (clip, "clipped", r"\[0, 1, 2, 3, 4, 5\]"),
        (offset, "offset", r"\[2\]"),
        (add_common_noise, "common_noise", "broadside"),
    ],
)
def test_faults_of_channels(change, row, words):
    X = record(HEXAGON)
    change(X)
    diagnosis = diagnose_recording(X, HEXAGON)
    assert diagnosis.loc[row, "verdict"] in ("warning", "error")
    assert re.search(words, diagnosis.loc[row, "message"])


@pytest.mark.parametrize("change", [invert, double, copy])
@pytest.mark.parametrize("name", ["srp_phat", "music", "mvdr", "tdoa", "esprit"])
def test_localizers_warn(name, change):
    X = record(HEXAGON)
    change(X)
    with pytest.warns(ArrayMismatchWarning, match="does not fit"):
        getattr(recipes, name)(HEXAGON).fit(X).predict(X)


def test_noise_common_to_a_pair_warns():
    X = record(PAIR, 6, 30, azimuth_range=(-80, 80), duration=0.1)
    add_common_noise(X)
    with pytest.warns(ArrayMismatchWarning, match="broadside"):
        recipes.srp_phat(PAIR).fit(X).predict(X)


@pytest.mark.parametrize("sounds", ["tone", "narrow", "low"])
@pytest.mark.parametrize("mics", [HEXAGON, PAIR, circular_array(6, 0.025)])
def test_narrow_and_low_sounds_give_no_warning(mics, sounds):
    bands = {"tone": (499, 501), "narrow": (900, 1100), "low": (100, 300)}
    noise = np.random.default_rng(0).standard_normal((4, 8000))
    sos = butter(4, bands[sounds], "band", fs=16000, output="sos")
    X = record(mics, 4, None, sounds=sosfilt(sos, noise))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(mics).fit(X).predict(X)


@pytest.mark.parametrize(("mics", "axes"), [(PAIR, (0.0, 0.0)), (HEXAGON, (30.0, 90.0))])
def test_sources_at_the_broadside_give_no_warning(mics, axes):
    X = record(mics, directions=np.tile(axes, (8, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(mics).fit(X).predict(X)


def test_diffuse_noise_gives_no_warning():
    noise = Noise(0, kind="diffuse")
    X = make_shoebox(8, mic_positions=HEXAGON, rooms=2, noise=noise, duration=0.5, random_state=0)
    assert faults(X.data, HEXAGON) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error", ArrayMismatchWarning)
        recipes.srp_phat(HEXAGON).fit(X.data).predict(X.data)


def test_rumble_in_one_clip_is_no_offset():
    X = record(SQUARE)
    X[0] += 2 * X.std()
    assert faults(X, SQUARE) == []


def test_a_tone_is_narrow():
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 16000)[None].repeat(3, axis=0)
    X = record(SQUARE, 3, 60, sounds=tone)
    assert faults(X, SQUARE) == ["bandwidth"]


def test_noise_of_channels_alone_is_unknown():
    X = np.random.default_rng(0).standard_normal((4, 4, 16000))
    verdicts = diagnose_recording(X, SQUARE)["verdict"]
    assert (verdicts[["plane_wave", "order", "sampling_rate"]] == "unknown").all()


def test_one_clip_and_lists_of_clips():
    X = record(SQUARE)
    assert faults(X[0], SQUARE) == []
    assert faults([clip[:, : 6000 + 100 * i] for i, clip in enumerate(X)], SQUARE) == []


def test_errors():
    with pytest.raises(ValueError, match="n_channels=4"):
        diagnose_recording(record(HEXAGON), SQUARE)
    with pytest.raises(ValueError, match="must have shape"):
        diagnose_recording(record(SQUARE), SQUARE.T)
