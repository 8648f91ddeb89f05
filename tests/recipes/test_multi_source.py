"""Networks for tracks: the parts of the recipes, and that they run whole and in chunks."""

import numpy as np
import pytest
import soundfile
import torch
from sklearn.base import clone

from sslearn import recipes
from sslearn.base import is_localizer
from sslearn.encoding import IPDEncoding, SummedIPDEncoding
from sslearn.geometry import circular_array
from sslearn.networks import FNSSL, SRPDNN, IcoDOA, IPDNet, IPDNet2, TFMamba
from sslearn.streaming import StreamingLocalizer

MICS = np.array([[0.0, 0, 0], *circular_array(4, 0.03)])
RECIPES = {
    "ipdnet2": recipes.ipdnet2,
    "ipdnet": recipes.ipdnet,
    "tf_mamba": recipes.tf_mamba,
    "fn_ssl": recipes.fn_ssl,
    "srp_dnn": recipes.srp_dnn,
}
ALL = {**RECIPES, "icodoa": recipes.icodoa}
# Networks of the same kind that train in seconds.
SMALL = {
    "ipdnet2": {"network": IPDNet2(8, n_layers=2)},
    "ipdnet": {"network": IPDNet(8, n_filters=4)},
    "tf_mamba": {"network": TFMamba(16, n_blocks=1, n_filters=4)},
    "fn_ssl": {"network": FNSSL(8, n_blocks=1)},
    "srp_dnn": {"network": SRPDNN(4, n_units=8)},
    "icodoa": {"network": IcoDOA(2)},
}


def clips(name, n_samples=4, n_times=16000, n_mics=5):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, n_mics, n_times)).astype(np.float32)
    y = np.full((n_samples, n_times // 1600, 2, 1), np.nan)
    y[:, 2:8, 0], y[:, 5:, 1] = 30.0, -100.0
    return X, y[:, :, :1] if name == "fn_ssl" else y


@pytest.mark.parametrize(
    ("name", "network", "n_frames", "lr", "factor", "optimizer", "n_epochs"),
    [
        ("ipdnet2", IPDNet2, 249, 5e-4, 0.975, "adamw", 80),
        ("ipdnet", IPDNet, 280, 5e-4, 0.975, "adam", 80),
        ("tf_mamba", TFMamba, 249, 5e-4, 0.975, "adamw", 80),
        ("fn_ssl", FNSSL, 298, 1e-3, 0.8988, "adam", 20),
        ("srp_dnn", SRPDNN, 256, 1e-3, 0.8609, "adam", 20),
    ],
)
def test_published_parts(name, network, n_frames, lr, factor, optimizer, n_epochs):
    model = RECIPES[name](MICS)
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)
    assert isinstance(model.network, network)
    steps = model.batch_transform.named_steps
    assert (steps["stft"].n_fft, steps["stft"].hop_length) == (512, 320)
    assert steps["onlinenormalizer"].n_frames == n_frames
    training = model.training
    assert (model.lr, model.batch_size, model.max_epochs) == (lr, 16, n_epochs)
    assert (training.optimizer, training.schedule) == (optimizer, "exponential")
    assert training.lr_factor == pytest.approx(factor, abs=1e-4)
    assert training.clip_norm == (5.0 if optimizer == "adamw" else None)
    assert model.encoding.speed_of_sound == 340.0


@pytest.mark.parametrize("name", RECIPES)
def test_a_second_is_fifty_frames_of_256_bins(name):
    X, _ = clips(name)
    maps = RECIPES[name](MICS).batch_transform.fit_transform(X)
    assert maps.shape == (4, 10, 256, 51)
    assert maps.dtype == np.float32


@pytest.mark.parametrize("fs", [8000, 22050, 32000, 44100, 48000])
def test_ipdnet2_runs_at_common_rates(fs):
    X, y = clips("ipdnet2", n_samples=2)
    X = np.resize(X, (2, 5, fs))
    model = recipes.ipdnet2(MICS, fs=fs, max_epochs=1).set_params(**SMALL["ipdnet2"])
    assert model.fit(X, y).predict(X).shape == (2, 10, 2, 1)


def test_microphones_and_channels_are_the_same():
    X, y = clips("ipdnet2")
    model = recipes.ipdnet2(MICS, max_epochs=1).set_params(**SMALL["ipdnet2"])
    with pytest.raises(ValueError, match=r"X must have 5 channels, .*mic_positions; got 4"):
        clone(model).fit(X[:, :4], y)
    chosen = clone(model).set_params(batch_transform__audioreader__channels=range(5))
    chosen.fit(np.concatenate([X, X], axis=1), y)
    with pytest.raises(ValueError, match=r"\(10, 256, 51\) as in fit.* got \(6, 256, 51\)"):
        model.fit(X, y).predict(X[:, :3])


def test_features_in_front_are_for_clips_of_one_length():
    X, y = clips("ipdnet2")
    model = recipes.ipdnet2(MICS, max_epochs=1).set_params(**SMALL["ipdnet2"])
    maps = model.batch_transform.fit_transform(X)
    model.set_params(batch_transform=None).fit(maps, y)
    with pytest.raises(ValueError, match=r"got \(4, 10, 256, 26\).* features in batch_transform"):
        model.predict(maps[..., :26])


@pytest.mark.parametrize("name", ["fs", "n_fft"])
def test_targets_and_features_have_the_same_frequencies(name):
    X, y = clips("ipdnet2")
    model = recipes.ipdnet2(MICS).set_params(**{f"encoding__{name}": 1024}, **SMALL["ipdnet2"])
    with pytest.raises(ValueError, match=rf"{name} of the encoding must be that .* got 1024\."):
        model.fit(X, y)


def test_frames_keep_their_duration():
    model = recipes.ipdnet2(MICS, fs=48000)
    stft = model.batch_transform.named_steps["stft"]
    assert (stft.n_fft, stft.hop_length) == (1536, 960)
    assert (model.encoding.fs, model.encoding.n_fft) == (48000, 1536)


def test_decoding_is_that_of_each_paper():
    encodings = {name: recipe(MICS).encoding for name, recipe in RECIPES.items()}
    assert type(encodings["srp_dnn"]) is SummedIPDEncoding
    for name, matching, non_source, threshold in (
        ("ipdnet2", "distance", "mean", 0.4),
        ("ipdnet", "projection", "mean", 0.5),
        ("tf_mamba", "projection", "mean", 0.5),
        ("fn_ssl", "projection", "zeros", 0.5),
    ):
        encoding = encodings[name]
        assert type(encoding) is IPDEncoding
        assert (encoding.matching, encoding.non_source) == (matching, non_source)
        assert encoding.threshold == threshold
        assert encoding.n_sources == (1 if name == "fn_ssl" else 2)


@pytest.mark.parametrize(("size", "n_units"), [("tiny", 48), ("small", 96), ("large", 256)])
def test_sizes(size, n_units):
    assert recipes.ipdnet2(MICS, size=size).network.n_units == n_units


@pytest.mark.parametrize("size", ["huge", None, 96])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match=r"size must be one of \['tiny', 'small', 'large'\]"):
        recipes.ipdnet2(MICS, size=size)


def test_maps_of_icodoa_are_in_the_middle_of_the_frames():
    model, (X, _) = recipes.icodoa(MICS), clips("icodoa")
    assert is_localizer(model)
    assert repr(clone(model)) == repr(model)
    assert model.batch_transform.fit_transform(X).shape == (4, 1, 160, 10)
    stft = model.batch_transform.named_steps["stft"]
    assert (stft.n_fft, stft.hop_length, stft.first_center) == (4096, 1600, 800)
    assert (model.lr, model.batch_size, model.training.schedule) == (1e-4, 5, "constant")
    assert (model.encoding.n_dims, model.encoding.threshold) == (3, 0.5)


@pytest.mark.filterwarnings("ignore::sslearn.exceptions.UncertaintyWarning")
@pytest.mark.parametrize("name", ALL)
def test_tracks_whole_and_in_chunks(name):
    X, y = clips(name)
    model = ALL[name](MICS, max_epochs=1, random_state=0).set_params(**SMALL[name])
    # So low that both tracks are reported in many frames.
    threshold = 3.0 if name == "ipdnet2" else 1e-6
    model.set_params(encoding__threshold=threshold).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == y.shape
    assert np.isfinite(predicted).any()
    stream = StreamingLocalizer(model, fs=16000)
    parts = [stream.push(chunk) for chunk in np.split(X[0], 50, axis=1)]
    times, directions, _ = zip(*[*parts, stream.flush()], strict=True)
    np.testing.assert_allclose(np.concatenate(times), 0.05 + 0.1 * np.arange(10))
    # Without training, vectors are so short that rounding turns them.
    atol = 0.1 if name == "icodoa" else 0
    np.testing.assert_allclose(np.concatenate(directions), predicted[0], atol=atol)


@pytest.mark.parametrize("name", RECIPES)
def test_outputs_in_chunks_are_those_of_the_whole(name):
    X, y = clips(name)
    model = RECIPES[name](MICS, max_epochs=1, random_state=0).set_params(**SMALL[name]).fit(X, y)
    stft, normalizer, maps = (step for _, step in model.batch_transform_.steps[1:])
    network, found = model.module_[0], []
    states = stft.initial_state(1), normalizer.initial_state(1), network.initial_state(1)
    with torch.inference_mode():
        whole = network(torch.from_numpy(model.batch_transform_.transform(X[:1])))
        for chunk in [*np.split(X[:1], 50, axis=2), None]:
            spectrum, first = (
                (stft.flush(states[0]), None) if chunk is None else stft.step(chunk, states[0])
            )
            spectrum, second = normalizer.step(spectrum, states[1])
            output, third = network.step(torch.from_numpy(maps.transform(spectrum)), states[2])
            states = first, second, third
            found.append(output)
    torch.testing.assert_close(torch.cat(found, dim=1), whole, rtol=0, atol=1e-5)


def test_a_file_for_each_microphone(tmp_path):
    X, y = clips("ipdnet2", n_mics=4)
    X *= 0.1
    rows = np.array([[str(tmp_path / f"{i}_{m}.wav") for m in range(4)] for i in range(4)])
    for path, channel in zip(rows.flat, X.reshape(16, -1), strict=True):
        soundfile.write(path, channel, 16000, subtype="FLOAT")
    model = recipes.ipdnet2(MICS[:4], max_epochs=1, random_state=0, device="cpu")
    model.set_params(**SMALL["ipdnet2"], batch_size=2)
    expected, track = model.fit(X, y).predict_frames(X), model.predict_track(X)
    np.testing.assert_array_equal(model.fit(rows, y).predict_frames(rows), expected)
    found = model.predict_track(rows)
    assert found["sample"].tolist() == rows[track["sample"], 0].tolist()
    np.testing.assert_allclose(found["time"], track["time"])
    stream = StreamingLocalizer(model)
    times = np.concatenate([stream.push(X[0]).times, stream.flush().times])
    np.testing.assert_allclose(times, 0.05 + np.arange(10) / 10)
