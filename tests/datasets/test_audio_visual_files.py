"""Local copies of SoundNet-Flickr and VGG-Sound: small made ones, and the boxes of VGG-SS."""

import json
import warnings

import numpy as np
import pytest

from sslearn.datasets import load_soundnet_flickr, load_vggss
from sslearn.exceptions import MissingDataWarning
from sslearn.metrics import consensus_iou, pointing_accuracy_score

LOADERS = [load_soundnet_flickr, load_vggss]


def _copy(folder, pictures, sounds, image="frames", audio="audio"):
    for part, names in ((image, pictures), (audio, sounds)):
        (folder / part).mkdir()
        for name in names:
            (folder / part / name).touch()
    return folder


def _box(*sides, first="label"):
    return f"<bbox><{first}/>" + "".join(f"<s>{side}</s>" for side in sides) + "</bbox>"


def _write_xml(folder, name, *annotators):
    folder.mkdir(exist_ok=True)
    parts = "".join(f"<object>{annotator}</object>" for annotator in annotators)
    (folder / f"{name}.xml").write_text(f"<annotation>{parts}</annotation>")


@pytest.fixture
def flickr(tmp_path):
    """Three annotators of one picture and two of another, and what is no box."""
    boxes = tmp_path / "Annotations"
    _write_xml(boxes, "10", _box(0, 64, 128, 256), "<name>dog</name>" + _box(32, 64, 128, 192),
               _box(64, 64, 256, 256, first="x"))  # fmt: skip
    _write_xml(boxes, "9", _box(0, 0, 256, 256), _box(1, 2, 3, 4))
    return _copy(tmp_path, ["9.jpg", "10.png", "notes.txt"], ["9.wav", "10.flac", "11.wav"])


@pytest.fixture
def vggss(tmp_path):
    items = [
        {"file": "-b.c_000001", "class": "dog", "bbox": [[0.1, 0.2, 0.5, 0.5], [0, 0, 1, 1]]},
        {"file": "a_000002", "class": "cat, purring", "bbox": [[0.25, 0.5, 0.75, 1]]},
    ]
    (tmp_path / "vggss.json").write_text(json.dumps(items))
    return _copy(tmp_path, ["-b.c_000001.jpg", "a_000002.jpg"],
                 ["-b.c_000001.wav", "a_000002.wav"])  # fmt: skip


def test_soundnet_flickr(flickr):
    pairs = load_soundnet_flickr(flickr, flickr / "Annotations")
    assert pairs.metadata.to_dict("list") == {"name": ["10", "9"], "n_boxes": [3, 2]}
    np.testing.assert_array_equal(
        256 * pairs.target,
        [
            [[0, 64, 128, 256], [32, 64, 128, 192], [64, 64, 256, 256]],
            [[0, 0, 256, 256], [1, 2, 3, 4], [np.nan] * 4],
        ],
    )
    assert pairs.data["image"].tolist() == [
        str(flickr / "frames" / name) for name in ("10.png", "9.jpg")
    ]
    assert pairs.data["audio"].tolist() == [
        str(flickr / "audio" / name) for name in ("10.flac", "9.wav")
    ]


def test_vggss(vggss):
    pairs = load_vggss(vggss, vggss / "vggss.json")
    assert pairs.metadata["class"].tolist() == ["dog", "cat, purring"]
    np.testing.assert_array_equal(
        pairs.target,
        [[[0.1, 0.2, 0.5, 0.5], [0, 0, 1, 1]], [[0.25, 0.5, 0.75, 1], [np.nan] * 4]],
    )
    X, y = load_vggss(vggss, vggss / "vggss.json", return_X_y=True)
    assert X.equals(pairs.data) and X["image"][0] == str(vggss / "frames" / "-b.c_000001.jpg")
    np.testing.assert_array_equal(y, pairs.target)


@pytest.mark.parametrize("kind", ["list", "table"])
def test_names_choose_and_order(flickr, tmp_path, kind):
    names = ["9", "10"]
    if kind == "table":  # the second column is not used
        names = tmp_path / "test.csv"
        names.write_text("9,202\n10,0\n")
    pairs = load_soundnet_flickr(flickr, flickr / "Annotations", names=names)
    assert pairs.metadata["name"].tolist() == ["9", "10"]
    assert pairs.target[0, 1].tolist() == [1 / 256, 2 / 256, 3 / 256, 4 / 256]


@pytest.mark.parametrize("load", LOADERS)
def test_training_pairs_have_no_boxes(tmp_path, load):
    _copy(tmp_path, ["a.jpg", "b.jpg"], ["b.wav", "a.mp3"], image="img", audio="snd")
    pairs = load(tmp_path, image_folder="img", audio_folder=tmp_path / "snd")
    assert pairs.target is None and list(pairs.metadata) == ["name"]
    assert pairs.data["audio"].tolist() == [str(tmp_path / "snd" / n) for n in ("a.mp3", "b.wav")]
    X, y = load(tmp_path, names=["b"], image_folder="img", audio_folder="snd", return_X_y=True)
    assert len(X) == 1 and y is None


def test_incomplete_pairs_are_counted(flickr):
    (flickr / "audio" / "9.wav").unlink()
    match = (
        r"2 of 3 pairs are incomplete: 1 annotations \(such as 11\), 1 pictures \(such as 11\), "
    )
    with pytest.warns(MissingDataWarning, match=match + r"1 sounds \(such as 9\) are missing"):
        pairs = load_soundnet_flickr(flickr, flickr / "Annotations", names=["9", "10", "11"])
    assert pairs.metadata["name"].tolist() == ["10"] and len(pairs.data) == len(pairs.target) == 1
    with pytest.raises(FileNotFoundError, match="at least one complete pair; 1 of 1"):
        load_soundnet_flickr(flickr, flickr / "Annotations", names=["9.jpg"])


def test_boxes_outside_and_empty_ones_are_counted(vggss):
    items = json.loads((vggss / "vggss.json").read_text())
    items[0]["bbox"] = [[-0.1, 0.2, 0.5, 0.5], [0.5, 0.1, -2.9e16, 0.4], [0.1, 0.1, 0.2, 0.2]]
    items[1]["bbox"] = [[0.3, 1.0, 0.7, 1.0]]
    (vggss / "vggss.json").write_text(json.dumps(items))
    match = r"Of 4 boxes, 2 are empty and dropped, and 1 .* cut. 1 of 2 pictures .*'a_000002'"
    with pytest.warns(MissingDataWarning, match=match) as caught:
        y = load_vggss(None, vggss / "vggss.json").target
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(y[0], [[0, 0.2, 0.5, 0.5], [0.1, 0.1, 0.2, 0.2]])
    assert np.isnan(y[1]).all()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("<a><b><bbox><x/><y>1</y></bbox></b></a>", "10.xml must hold elements bbox"),
        ("<a><b><bbox><x/><y>1</y><y>1</y><y>one</y><y>2</y></bbox></b></a>", "10.xml must hold"),
        ("<a><b><bbox><x/><y>1</y><y>1</y><y/><y>2</y></bbox></b></a>", "10.xml must hold"),
        ("<a><b>", "10.xml must hold elements bbox.*no element found"),
    ],
)
def test_damaged_xml(flickr, text, match):
    (flickr / "Annotations" / "10.xml").write_text(text)
    with pytest.raises(ValueError, match=match):
        load_soundnet_flickr(flickr, flickr / "Annotations")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "vggss.json must be a JSON file"),
        ("{}", "must be a list of .* item 0 is {}"),
        ('[{"file": "a", "class": "b", "bbox": [[0, 1, 2]]}]', "item 0 is {'file': 'a'"),
        ('[{"file": "a", "class": "b", "bbox": []}, 3]', "item 1 is 3"),
    ],
)
def test_damaged_json(vggss, text, match):
    (vggss / "vggss.json").write_text(text)
    with pytest.raises(ValueError, match=match):
        load_vggss(vggss, vggss / "vggss.json")


@pytest.mark.parametrize("load", LOADERS)
def test_bad_arguments(tmp_path, load):
    with pytest.raises(TypeError, match="folder must be a str"):
        load(None)
    with pytest.raises(FileNotFoundError, match="annotations must be an existing"):
        load(None, tmp_path / "missing")
    with pytest.raises(FileNotFoundError, match=r"existing folder; found none at .*frames"):
        load(tmp_path)
    _copy(tmp_path, ["a.jpg"], ["a.txt"])
    with pytest.raises(FileNotFoundError, match=r"which holds a.txt"):
        load(tmp_path)
    (tmp_path / "audio" / "a.wav").touch()
    with pytest.raises(FileNotFoundError, match="names must be an existing file"):
        load(tmp_path, names="a.csv")
    for names in ([], [1]):
        with pytest.raises(ValueError, match="names must be a list of at least one str"):
            load(tmp_path, names=names)


def test_annotations_of_vggss(data_dir):
    """Counts of the authors' file, and what guesses score on it."""
    folder = data_dir / "vggss"
    with pytest.warns(MissingDataWarning, match="Of 5941 boxes, 18 are empty .* and 0 reach") as w:
        pairs = load_vggss(None, folder / "vggss.json", names=folder / "vggss_test.csv")
    for name in ("M1P1xla8rg0_000000", "MKC9LvRivTM_000030"):
        assert name in str(w[0].message)
    assert len(w) == 1 and "2 of 5158 pictures have no box" in str(w[0].message)
    assert pairs.target.shape == (5158, 7, 4)
    assert pairs.metadata["n_boxes"].sum() == 5941 - 18
    assert pairs.metadata["class"].nunique() == 221
    centres = np.full((5158, 2), 0.5)
    assert pointing_accuracy_score(pairs.target, centres) == pytest.approx(0.694, abs=5e-4)
    regions = [_region(boxes) for boxes in pairs.target]
    areas = np.array([region.mean() for region in regions])
    assert np.median(areas) == pytest.approx(0.253, abs=5e-4)
    assert np.percentile(areas, [5, 95]) == pytest.approx([0.033, 0.780], abs=5e-4)
    assert np.mean(areas >= 0.5) == pytest.approx(0.219, abs=6e-4)
    expected, guesses = zip(*_guesses(np.mean(regions, axis=0)), strict=True)
    guesses = np.stack(guesses)
    inside = np.stack([guesses.reshape(len(guesses), -1) @ r.ravel().astype("f4") for r in regions])
    sizes = guesses.sum(axis=(1, 2))
    ious = inside / (224**2 * areas[:, None] + sizes - inside)
    shares = np.stack([np.mean(ious >= 0.05 * k, axis=0) for k in range(21)])
    found = np.column_stack([shares[10], np.trapezoid(shares, dx=0.05, axis=0)])
    np.testing.assert_allclose(found, expected, rtol=0, atol=6e-4)
    few = consensus_iou(pairs.target[:50], guesses[[4] * 50])
    np.testing.assert_allclose(few, ious[:50, 4], atol=1e-6)


def _region(boxes):
    """Pixels that the boxes cover."""
    region = np.zeros((224, 224), dtype=bool)
    for x_min, y_min, x_max, y_max in (224 * boxes[~np.isnan(boxes[:, 0])]).astype(int):
        region[y_min:y_max, x_min:x_max] = True
    return region


def _guesses(mean):
    """What ignores picture and sound scores, cIoU and AUC, and its region as float32."""
    x = np.abs((np.arange(224) + 0.5) / 224 - 0.5)
    side, radius = np.maximum(x[:, None], x), np.hypot(x[:, None], x)
    level = (mean.min() + mean.max()) / 2
    for scores, guess in (
        ((0.219, 0.313), side <= 0.5),
        ((0.135, 0.320), side <= 0.25),
        ((0.319, 0.369), side <= 0.35),
        ((0.176, 0.338), radius <= 0.3),
        ((0.341, 0.375), radius <= 0.4),
        ((0.283, 0.353), radius <= 0.5),
        ((0.278, 0.368), mean >= level),
        ((0.345, 0.378), mean >= np.median(mean)),
    ):
        yield scores, guess.astype(np.float32)


def test_consensus_of_soundnet_flickr(tmp_path):
    """Boxes of three annotators from files to scores, by the rule of the released program."""
    rng = np.random.default_rng(0)
    names, maps = [f"{i:02}" for i in range(20)], rng.random((20, 224, 224), dtype=np.float32)
    maps[:, [0, -1], [0, -1]] = 0, 1
    expected = []
    for name, values in zip(names, maps, strict=True):
        annotators = rng.integers(0, 128, (3, 2)), rng.integers(129, 257, (3, 2))
        boxes = np.concatenate(annotators, axis=1).tolist()
        _write_xml(tmp_path / "xml", name, *(_box(*box) for box in boxes))
        g = np.zeros((224, 224))
        for box in boxes:
            x_min, y_min, x_max, y_max = (int(224 * side / 256) for side in box)
            g[y_min:y_max, x_min:x_max] += 1
        g, m = np.minimum(g / 2, 1), values >= 0.5
        expected.append((g * m).sum() / (g.sum() + (m & (g == 0)).sum()))
    y = load_soundnet_flickr(None, tmp_path / "xml").target
    np.testing.assert_allclose(consensus_iou(y, maps, agreement=2), expected)


def test_test_pictures_of_soundnet_flickr(tmp_path, data_dir):
    table = data_dir / "vggss" / "flickr_test.csv"
    names = [line.split(",")[0] for line in table.read_text().split()]
    for name in [*names, "another"]:
        _write_xml(tmp_path, name, _box(0, 0, 256, 256))
    pairs = load_soundnet_flickr(None, tmp_path, names=table)
    assert pairs.metadata["name"].tolist() == names and len(names) == 249


def test_complete_copies_do_not_warn(vggss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_vggss(vggss, vggss / "vggss.json")
