"""What people bring as X, clips of several lengths, and tracks with times."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sslearn.datasets import make_plane_waves
from sslearn.decoding import PeakDecoder
from sslearn.deep_learning import NeuralLocalizer
from sslearn.encoding import GaussianEncoding, UnbiasedEncoding
from sslearn.features import IPD, STFT, AudioReader, BinauralCues
from sslearn.geometry import circular_grid
from sslearn.networks import CRNN, MLP

FS = 16000
EARS = [[0.0, 0.08, 0.0], [0.0, -0.08, 0.0]]
AUDIO, Y = make_plane_waves(
    24, mic_positions=EARS, duration=0.2, azimuth_range=(-80, 80), random_state=0, return_X_y=True
)
AUDIO = AUDIO.astype(np.float32)
MAPS = make_pipeline(AudioReader(FS), STFT(256), IPD())
GRID = circular_grid(15.0)


def crnn(batch_transform=MAPS, encoding=None):
    return NeuralLocalizer(
        CRNN(4, pool_sizes=(8, 4, 4), n_units=4),
        encoding=UnbiasedEncoding(GRID) if encoding is None else encoding,
        batch_transform=batch_transform,
        max_epochs=1,
        random_state=0,
    )


def features():
    reader = make_pipeline(AudioReader(FS), BinauralCues())
    return NeuralLocalizer(MLP((16,)), batch_transform=reader, max_epochs=1, random_state=0)


def cut(audio):
    """Clips of three lengths."""
    return [clip[:, : 3200 - 400 * (i % 3)] for i, clip in enumerate(audio)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for kind, clips in {"equal": AUDIO, "cut": cut(AUDIO)}.items():
        for i, clip in enumerate(clips):
            soundfile.write(folder / f"{kind}{i:02d}.wav", clip.T, FS, subtype="FLOAT")
    return folder


def as_objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def containers(items):
    index = np.random.default_rng(1).permutation(len(items)) + 7
    yield "list", list(items)
    yield "tuple", tuple(items)
    yield "object array", as_objects(list(items))
    yield "series", pd.Series(list(items), index=index)
    yield "frame", pd.DataFrame({"clip": list(items)}, index=index)
    if isinstance(items[0], str):
        yield "str array", np.array(items)
        yield "column", np.array(items)[:, None]


@pytest.mark.parametrize("make", [crnn, features])
def test_every_container_is_the_array(make, folder, tmp_path):
    expected = make().fit(AUDIO, Y).predict(AUDIO)
    paths = [str(folder / f"equal{i:02d}.wav") for i in range(24)]
    np.save(tmp_path / "audio.npy", AUDIO)
    memmap = np.load(tmp_path / "audio.npy", mmap_mode="r")
    for name, X in [*containers(AUDIO), *containers(paths), ("memmap", memmap)]:
        localizer = make().fit(X, pd.Series(Y, index=range(100, 124)))
        np.testing.assert_array_equal(localizer.predict(X), expected, err_msg=name)


def test_maps_in_an_object_array_without_batch_transform():
    maps = MAPS.transform(AUDIO)
    expected = crnn(None).fit(maps, Y).predict(maps)
    for name, X in containers(maps):
        if name != "frame":
            np.testing.assert_array_equal(crnn(None).fit(X, Y).predict(X), expected, err_msg=name)


def test_maps_of_several_shapes_without_batch_transform():
    maps = [MAPS.transform(clip[None])[0] for clip in cut(AUDIO)]
    with pytest.raises(ValueError, match="X must hold samples of one shape"):
        crnn(None).fit(maps, Y)


def test_features_in_a_frame_keep_their_names():
    frame = pd.DataFrame(BinauralCues().transform(AUDIO)[:, :5], columns=list("abcde"))
    localizer = NeuralLocalizer(MLP((8,)), max_epochs=1, random_state=0).fit(frame, Y)
    assert localizer.feature_names_in_.tolist() == list("abcde")


def test_paths_without_a_reader_are_named(folder):
    paths = [str(folder / "equal00.wav"), str(folder / "equal01.wav")]
    for X in (paths, as_objects(paths), pd.Series(paths)):
        with pytest.raises(ValueError, match=r"got paths.*AudioReader"):
            NeuralLocalizer().fit(X, Y[:2])


@pytest.mark.parametrize("make", [crnn, features])
def test_a_file_for_each_microphone(make, folder, tmp_path):
    paths = [str(folder / f"cut{i:02d}.wav") for i in range(24)]
    rows = [[str(tmp_path / f"{i}_{m}.wav") for m in range(2)] for i in range(24)]
    for row, clip in zip(rows, cut(AUDIO), strict=True):
        for name, channel in zip(row, clip, strict=True):
            soundfile.write(name, channel, FS, subtype="FLOAT")
    localizer = make().fit(AUDIO, Y)
    expected = localizer.predict(paths)
    for X in (rows, np.array(rows), pd.DataFrame(rows, index=range(100, 124))):
        np.testing.assert_array_equal(localizer.predict(X), expected)
    for X in (rows, np.array(rows)):
        with pytest.raises(ValueError, match=r"got paths.*AudioReader"):
            NeuralLocalizer().fit(X, Y)


@pytest.mark.parametrize("make", [crnn, features])
def test_several_lengths_are_predicted_as_one_by_one(make, folder):
    localizer = make().fit(AUDIO, Y)
    clips = cut(AUDIO)
    expected = np.concatenate([localizer.predict(clip[None]) for clip in clips])
    paths = [str(folder / f"cut{i:02d}.wav") for i in range(24)]
    for name, X in [*containers(clips), *containers(paths)]:
        np.testing.assert_allclose(localizer.predict(X), expected, atol=1e-3, err_msg=name)
    assert np.isfinite(cross_val_score(make().fit(AUDIO, Y), AUDIO, Y, cv=2)).all()


def test_spectra_and_frames_of_several_lengths():
    localizer, clips = crnn().fit(AUDIO, Y), cut(AUDIO)
    spectrum = localizer.spatial_spectrum(clips)
    frames = localizer.predict_frames(clips)
    for i, clip in enumerate(clips):
        np.testing.assert_allclose(
            spectrum[i], localizer.spatial_spectrum(clip[None])[0], atol=1e-5
        )
        alone = localizer.predict_frames(clip[None])[0]
        np.testing.assert_allclose(frames[i, : len(alone)], alone, atol=1e-2)
        assert np.isnan(frames[i, len(alone) :]).all()


def test_training_on_several_lengths():
    """Features of a fixed number are trained on; maps need clips of one length."""
    assert np.isfinite(features().fit(cut(AUDIO), Y).predict(cut(AUDIO))).all()
    with pytest.raises(ValueError, match=r"AudioReader\(duration=\.\.\.\)"):
        crnn().fit(cut(AUDIO), Y)
    one_length = make_pipeline(AudioReader(FS, duration=0.1), STFT(256), IPD())
    assert np.isfinite(crnn(one_length).fit(cut(AUDIO), Y).predict(cut(AUDIO))).all()


# ------------------------------------------------------------------ tracks


def test_track_with_times(folder):
    localizer = crnn().fit(AUDIO, Y)
    track = localizer.predict_track(AUDIO)
    frames, spectrum = localizer.predict_frames(AUDIO), localizer._forward_frames(AUDIO)
    n_frames = frames.shape[1]
    assert list(track.columns) == ["sample", "time", "source", "azimuth", "score"]
    assert track["sample"].tolist() == np.repeat(np.arange(24), n_frames).tolist()
    np.testing.assert_allclose(track["azimuth"], frames.ravel(), atol=1e-3)
    one = track[track["sample"] == 3]
    np.testing.assert_allclose(one["time"], (np.arange(n_frames) + 0.5) * 0.2 / n_frames)
    nearest = np.abs((frames[3, :, 0] - GRID + 180) % 360 - 180).argmin(axis=1)
    np.testing.assert_allclose(one["score"], spectrum[3, np.arange(n_frames), nearest], rtol=1e-4)


def test_track_of_files_of_several_lengths(folder):
    localizer = crnn().fit(AUDIO, Y)
    paths = pd.Series([str(folder / f"cut{i:02d}.wav") for i in range(24)], index=range(50, 74))
    track = localizer.predict_track(paths)
    for i, path in enumerate(paths):
        alone = localizer.predict_track(AUDIO[[i], :, : 3200 - 400 * (i % 3)])
        part = track[track["sample"] == path]
        np.testing.assert_allclose(part["time"], alone["time"])
        np.testing.assert_allclose(part["azimuth"], alone["azimuth"], atol=1e-2)
    labelled = localizer.predict_track(pd.Series(cut(AUDIO), index=range(50, 74)))
    assert labelled["sample"].unique().tolist() == list(range(50, 74))


def test_track_of_the_part_that_is_read(folder):
    reader = make_pipeline(AudioReader(FS, offset=0.05, duration=0.1), STFT(256), IPD())
    localizer = crnn(reader).fit(AUDIO, Y)
    for X in (AUDIO, cut(AUDIO), [str(folder / "cut00.wav"), str(folder / "cut01.wav")]):
        times = localizer.predict_track(X)["time"]
        n_frames = localizer.predict_frames(X).shape[1]
        np.testing.assert_allclose(times[:n_frames], (np.arange(n_frames) + 0.5) * 0.1 / n_frames)


def test_track_of_several_sources_and_absent_ones():
    both = np.stack([Y, Y[::-1]], axis=1)[:, :, None]
    localizer = crnn(encoding=GaussianEncoding(GRID, decoder=PeakDecoder(2))).fit(AUDIO, Y)
    track = localizer.predict_track(AUDIO[:2])
    assert set(track["source"]) <= {0, 1}
    assert track["azimuth"].notna().all()
    encoding = GaussianEncoding(GRID, threshold=0.99)
    silent = NeuralLocalizer(
        CRNN(4, pool_sizes=(8, 4, 4), n_units=4),
        encoding=encoding,
        batch_transform=MAPS,
        max_epochs=1,
        random_state=0,
    ).fit(AUDIO, both)
    assert len(silent.predict_track(AUDIO[:2])) == 0


def test_track_without_rate_or_frames():
    maps = MAPS.transform(AUDIO).copy()
    localizer = crnn(None).fit(maps, Y)
    with pytest.raises(ValueError, match=r"predict_track needs the sampling rate.*AudioReader"):
        localizer.predict_track(maps)
    with pytest.raises(ValueError, match="output for each frame"):
        features().fit(AUDIO, Y).predict_track(AUDIO)
