import numpy as np
import pytest
from numpy.testing import assert_allclose

from sslearn.datasets import (
    load_ari,
    load_ircam_listen,
    load_mit_kemar,
    load_sadie_ku100,
    load_thk_ku100,
)

# Loader, folder, arguments, name, shape, rate, distance, ITD in ms at +90 and -90.
MEASURED = [
    (load_mit_kemar, {}, "mit_kemar_normal", (710, 2, 512), 44100, 1.4, -0.706, 0.706),
    (
        load_mit_kemar,
        {"pinna": "large"},
        "mit_kemar_large",
        (710, 2, 512),
        44100,
        1.4,
        -0.683,
        0.683,
    ),
    (load_thk_ku100, {}, "thk_ku100_sphere", (2702, 2, 128), 48000, 3.25, -0.75, 0.75),
    (
        load_thk_ku100,
        {"grid": "circle"},
        "thk_ku100_circle",
        (360, 2, 128),
        48000,
        3.25,
        -0.74,
        0.74,
    ),
    (
        load_thk_ku100,
        {"grid": "circle", "distance": 0.25},
        "thk_ku100_circle",
        (360, 2, 128),
        48000,
        0.25,
        -0.82,
        0.82,
    ),
    (load_sadie_ku100, {}, "sadie_ku100", (1555, 2, 256), 48000, np.nan, -0.767, 0.760),
    (load_ari, {}, "ari_nh898", (1550, 2, 256), 48000, 1.2, -0.712, 0.697),
    (load_ari, {"subject": "nh2"}, "ari_nh2", (1550, 2, 256), 48000, 1.2, -0.702, 0.710),
    (load_ircam_listen, {"subject": 1008}, "ircam_1008", (187, 2, 760), 44100, 1.95, -0.61, 0.61),
    (load_ircam_listen, {"subject": "1002"}, "ircam_1002", (187, 2, 512), 48000, 1.95, -0.69, 0.69),
]


def folder_of(loader, data_dir):
    return data_dir / loader.__name__.removeprefix("load_")


@pytest.mark.parametrize("case", MEASURED, ids=lambda case: case[2])
def test_measured_heads(case, data_dir, itd_at):
    loader, arguments, name, shape, fs, distance, left, right = case
    head = loader(folder_of(loader, data_dir), **arguments)
    assert (head.name, head.hrirs.shape, head.fs) == (name, shape, fs)
    assert head.directions.shape == (shape[0], 2)
    assert_allclose(head.distance, distance)
    # The left ear leads for a source at +90 degrees; figures of other estimators agree.
    assert_allclose([itd_at(head, 90), itd_at(head, -90)], [left, right], atol=0.03)
    assert abs(itd_at(head, 0)) < 0.07
    assert abs(itd_at(head, 180)) < 0.07


def test_all_listen_heads_keep_their_delays(data_dir, itd_at):
    for subject in (1008, 1013, 1022, 1031, 1032, 1048, 1053):
        head = load_ircam_listen(data_dir / "ircam_listen", subject)
        assert -0.72 < itd_at(head, 90) < -0.58


@pytest.mark.parametrize("loader", [load_mit_kemar, load_thk_ku100, load_sadie_ku100, load_ari])
def test_resampled(loader, data_dir, itd_at):
    head, new = (loader(folder_of(loader, data_dir), fs=fs) for fs in (None, 16000))
    assert new.fs == 16000
    assert_allclose(itd_at(new, 90), itd_at(head, 90), atol=0.02)


@pytest.mark.parametrize(
    ("loader", "arguments", "message"),
    [
        (load_mit_kemar, {"pinna": "huge"}, r"pinna must be one of \['large', 'normal'\]"),
        (load_thk_ku100, {"grid": "cube"}, r"grid must be one of \['circle', 'sphere'\]"),
        (load_thk_ku100, {"distance": 2.0}, r"distance must be one of \[3.25, 0.5, 1.0\]"),
        (load_ari, {"subject": "nh1"}, r"subject must be one of \['nh2', 'nh898'\]"),
        (load_ircam_listen, {"subject": 7}, "subject must be one of .*'1008'"),
    ],
)
def test_what_is_not_there(loader, arguments, message, data_dir):
    with pytest.raises(ValueError, match=message):
        loader(folder_of(loader, data_dir), **arguments)


@pytest.mark.parametrize(
    "loader", [load_mit_kemar, load_thk_ku100, load_sadie_ku100, load_ari, load_ircam_listen]
)
def test_wrong_folder(loader, tmp_path):
    with pytest.raises(FileNotFoundError, match="existing folder"):
        loader(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="set's own folder"):
        loader(tmp_path)
