import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sslearn.features import (
    GCCPHAT,
    ILD,
    IPD,
    ITD,
    STFT,
    AudioReader,
    BinauralCues,
    Flatten,
    FrameBlocks,
    IntensityVector,
    LevelMap,
    LogMagnitude,
    PhaseMap,
    RealImag,
    TimePooling,
    make_feature_stack,
)

AUDIO = np.random.default_rng(0).standard_normal((2, 4, 1000))
SPECTRUM = STFT(64).transform(AUDIO)
CUES = {
    "ILD": (ILD(), "ild_1-0_bin0", "ild_3-0_bin32"),
    "IPD": (IPD(reference=2, fs=16000, freq_range=(500, 1000)), "ipd_0-2_500hz", "ipd_3-2_750hz"),
    "ITD": (ITD(pairs=[(3, 1)]), "itd_3-1_s", "itd_3-1_s"),
    "GCCPHAT": (GCCPHAT(max_tau=5e-4, n_lags=5), "gcc_phat_0-1_-500us", "gcc_phat_2-3_500us"),
    "GCCPHAT-fine": (GCCPHAT(max_tau=1e-6, n_lags=5), "gcc_phat_0-1_-1.0us", "gcc_phat_2-3_1.0us"),
    "LevelMap": (LevelMap([2, 0]), "level_2_bin0", "level_0_bin32"),
    "LogMagnitude": (LogMagnitude(drop_dc=True), "log_magnitude_0_bin1", "log_magnitude_3_bin32"),
    "PhaseMap": (PhaseMap(drop_dc=True), "phase_0_bin1", "phase_3_bin32"),
    "RealImag": (RealImag(), "real_0_bin0", "imag_3_bin32"),
    "IntensityVector": (IntensityVector(), "active_x_bin0", "reactive_z_bin32"),
    "stack": (
        make_feature_stack(ILD(), PhaseMap()),
        "ild__ild_1-0_bin0",
        "phasemap__phase_3_bin32",
    ),
}


@pytest.mark.parametrize("name", CUES)
def test_names_of_maps(name):
    cue, first, last = CUES[name]
    maps = cue.fit_transform(SPECTRUM)
    names = cue.get_feature_names_out()
    assert len(names) == len(set(names)) == maps.shape[1] * maps.shape[2]
    assert (names[0], names[-1]) == (first, last)


@pytest.mark.parametrize("pooling", [TimePooling(), TimePooling("circular"), FrameBlocks(3), None])
@pytest.mark.parametrize("name", CUES)
def test_names_reach_the_features(name, pooling):
    pipeline = make_pipeline(STFT(64, hop_length=40), CUES[name][0], pooling, Flatten())
    features = pipeline.fit_transform(AUDIO)
    names = pipeline.get_feature_names_out()
    assert len(names) == len(set(names)) == features.shape[1]


def test_names_stand_by_their_values():
    stack = make_feature_stack(ILD(), IPD())
    pipeline = make_pipeline(STFT(64), stack, TimePooling("circular"), Flatten()).fit(AUDIO)
    features = dict(
        zip(pipeline.get_feature_names_out(), pipeline.transform(AUDIO)[1], strict=True)
    )
    phase = IPD().transform(SPECTRUM)[1, 1, 7]
    assert features["ipd__ipd_2-0_bin7_sin"] == pytest.approx(np.sin(phase).mean())


@pytest.fixture
def table(tmp_path):
    paths = [str(tmp_path / f"{i}.wav") for i in range(3)]
    for i, path in enumerate(paths):
        soundfile.write(path, 0.1 * np.random.default_rng(i).standard_normal((4000, 2)), 16000)
    return pd.DataFrame({"path": paths, "room": [1, 2, 3]}, index=[7, 3, 5])


@pytest.mark.parametrize(
    ("cues", "name"),
    [
        (BinauralCues(), "ild_203hz"),
        (make_pipeline(AudioReader(), BinauralCues()), "ild_203hz"),
        (
            make_pipeline(AudioReader(), STFT(), ILD(), TimePooling(), Flatten()),
            "ild_1-0_219hz",
        ),
        (
            make_pipeline(
                AudioReader(), STFT(), make_feature_stack(ILD(), IPD()), TimePooling(), Flatten()
            ),
            "ipd__ipd_1-0_219hz",
        ),
        (
            make_pipeline(
                AudioReader(),
                STFT(),
                make_feature_stack(make_pipeline(ILD(), TimePooling(), Flatten()), verbose=False),
            ),
            "pipeline__ild_1-0_219hz",
        ),
    ],
)
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_cues_beside_other_columns(table, cues, name, output):
    columns = ColumnTransformer(
        [("cues", cues, ["path"]), ("room", "passthrough", ["room"])]
    ).set_output(transform=output)
    features = columns.fit_transform(table)
    names = list(columns.get_feature_names_out())
    assert f"cues__{name}" in names
    assert features.shape == (3, len(names))
    if output == "pandas":
        assert list(features.columns) == names
        assert list(features.index) == [7, 3, 5]
        assert features["room__room"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("transformer", [STFT(), ILD(), TimePooling(), Flatten()])
def test_names_need_fit(transformer):
    with pytest.raises(NotFittedError):
        transformer.get_feature_names_out(["a"])


def test_other_numbers_of_names_are_refused():
    maps = ILD().transform(SPECTRUM)
    for transformer in (TimePooling(), Flatten()):
        with pytest.raises(ValueError, match="input_features must name"):
            transformer.fit(maps).get_feature_names_out([f"x{i}" for i in range(98)])
    assert TimePooling().fit(maps).get_feature_names_out()[:2].tolist() == [
        "map0_bin0",
        "map0_bin1",
    ]
    assert AudioReader().get_feature_names_out().tolist() == ["audio"]
    assert AudioReader().get_feature_names_out(["path"]).tolist() == ["path"]
