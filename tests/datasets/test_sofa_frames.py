"""Heads that are turned, mirrored or of other conventions, and arrays."""

import shutil

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import (
    list_cipic_subjects,
    load_bbc_brir,
    load_cipic,
    load_rostock_kemar_brir,
    load_sadie_ku100,
    load_sofa,
    load_sofa_rirs,
    load_surrey_brir,
    structural_hrirs,
)
from sslearn.datasets._ear_order import ear_agreement
from sslearn.geometry import angles_to_unit_vectors, great_circle_distance

GRID = np.array([[0, 0], [90, 0], [-90, 0], [45, 30], [-120, -20], [180, 0]], dtype=float)
EARS = np.array([[0, 0.09, 0], [0, -0.09, 0]])
CARTESIAN = {"Type": "cartesian", "Units": "metre"}
SPHERICAL = {"Type": "spherical", "Units": "degree, degree, metre"}


@pytest.fixture(scope="module")
def head():
    return structural_hrirs(GRID, fs=48000)


@pytest.fixture
def write(tmp_path, head):
    """Function that writes the head, with other fields, and returns the path."""

    def write_file(convention="SimpleFreeFieldHRIR", data_type="FIR", **fields):
        path = tmp_path / "head.sofa"
        ours = {
            "Data_IR": head.hrirs,
            "Data_Delay": np.zeros((1, 2)),
            "Data_SamplingRate": [48000.0],
            "SourcePosition": (np.column_stack([GRID, np.full(len(GRID), 1.2)]), SPHERICAL),
            "ReceiverPosition": (EARS[..., None], CARTESIAN),
        } | fields
        with h5py.File(path, "w") as file:
            file.attrs.update(SOFAConventions=convention, DataType=data_type)
            for name, value in ours.items():
                if value is None:
                    continue
                value, attributes = value if isinstance(value, tuple) else (value, {})
                name = name.replace("Data_", "Data.")
                file[name] = value
                file[name].attrs.update(attributes)
        return path

    return write_file


def assert_same_head(read, head, distance=1.2):
    assert_allclose(read.hrirs, head.hrirs, atol=1e-12)
    assert_allclose(great_circle_distance(read.directions, head.directions), 0, atol=1e-6)
    assert_allclose(read.distance, distance)


def measured(data_dir):
    """Name and head of every measured set with two ears."""
    for path in sorted(data_dir.glob("*/*.sofa")):
        mirrored = "flip_azimuth" if path.parent.name == "surrey_brir" else "raise"
        yield path.name, load_sofa(path, mirrored=mirrored)
    for subject in list_cipic_subjects(data_dir / "cipic")[::6]:
        yield subject, load_cipic(data_dir / "cipic", subject)
    for subject in ("horizontal_large", "frontal_small"):
        yield subject, load_cipic(data_dir / "cipic", subject)
    yield "room A", load_surrey_brir(data_dir / "surrey_brir", "A")
    yield "bbc", load_bbc_brir(data_dir / "bbc_brir")
    yield "rostock", load_rostock_kemar_brir(data_dir / "rostock_kemar_brir")
    yield "sadie", load_sadie_ku100(data_dir / "sadie_ku100")


def test_measured_heads_agree_and_mirrored_ones_do_not(data_dir):
    for name, head in measured(data_dir):
        mirrored = head.directions * [-1, 1]
        votes, slopes = ear_agreement(head.hrirs, head.directions, head.fs)
        assert_array_equal(votes, [1, 1], err_msg=name)
        assert -0.8 < slopes[0] < -0.58 and 14 < slopes[1] < 25, name
        for hrirs, directions in (
            (head.hrirs, mirrored),
            (head.hrirs[:, ::-1], head.directions),
        ):
            assert_array_equal(ear_agreement(hrirs, directions, head.fs)[0], [-1, -1])


def test_mirrored_published_file(data_dir):
    folder = data_dir / "surrey_brir"
    path = folder / "UniS_Anechoic_BRIR_48k.sofa"
    with pytest.raises(ValueError, match=r"is mirrored: .* 0.65 ms after channel 1 and is 16 dB"):
        load_sofa(path)
    turned, swapped = (load_sofa(path, mirrored=way) for way in ("flip_azimuth", "swap_ears"))
    assert_array_equal(turned.directions, load_surrey_brir(folder, "anechoic").directions)
    assert_array_equal(turned.hrirs, swapped.hrirs[:, ::-1])
    for head in (turned, swapped):
        assert_array_equal(ear_agreement(head.hrirs, head.directions, head.fs)[0], [1, 1])
    assert_array_equal(load_sofa(path, mirrored="accept").hrirs, turned.hrirs)


@pytest.mark.parametrize("change", ["azimuth", "channels"])
@pytest.mark.parametrize(
    "name",
    ["mit_kemar/MIT_KEMAR_normal_pinna.sofa", "thk_ku100/HRIR_CIRC360.sofa", "ari/dtf_nh2.sofa",
     "ircam_listen/3DTI_HRTF_IRC1013_512s_44100Hz.sofa"],
)  # fmt: skip
def test_measured_file_mirrored_by_hand(name, change, data_dir, tmp_path):
    shutil.copyfile(data_dir / name, tmp_path / "a.sofa")
    with h5py.File(tmp_path / "a.sofa", "r+") as file:
        if change == "azimuth":
            file["SourcePosition"][:, 0] *= -1
        else:
            file["Data.IR"][...] = file["Data.IR"][()][:, ::-1]
            file["Data.Delay"][...] = file["Data.Delay"][()][:, ::-1]
    with pytest.raises(ValueError, match=r"a\.sofa is mirrored"):
        load_sofa(tmp_path / "a.sofa")
    way = {"azimuth": "flip_azimuth", "channels": "swap_ears"}[change]
    assert_same_head(
        load_sofa(tmp_path / "a.sofa", mirrored=way),
        right := load_sofa(data_dir / name),
        right.distance,
    )


def test_right_ear_first(write, head):
    path = write(Data_IR=head.hrirs[:, ::-1], ReceiverPosition=(EARS[::-1], CARTESIAN))
    assert_same_head(load_sofa(path), head)


@pytest.mark.parametrize("positions", [EARS[::-1], 0 * EARS, None])
def test_responses_overrule_receiver_positions(write, head, positions):
    receivers = None if positions is None else (positions, CARTESIAN)
    assert_same_head(load_sofa(write(ReceiverPosition=receivers)), head)


def test_receiver_positions_decide_where_responses_do_not_tell(write, head):
    front = {"Data_IR": head.hrirs[:1], "SourcePosition": ([[0, 0, 1.2]], SPHERICAL)}
    ears = (np.array([[0.09, 270, 0], [0.09, 90, 0]])[:, [1, 2, 0]], SPHERICAL)
    assert_array_equal(load_sofa(write(**front)).hrirs, head.hrirs[:1])
    read = load_sofa(write(**front, ReceiverPosition=ears))
    assert_array_equal(read.hrirs, head.hrirs[:1, ::-1])


def test_delays_of_the_wrong_ear(write, head):
    itd = np.round(16 * angles_to_unit_vectors(GRID)[:, 1])
    hrirs = np.zeros((len(GRID), 2, 100))
    hrirs[..., 40] = 10 ** (angles_to_unit_vectors(GRID)[:, 1:2] * [0.4, -0.4])
    right, wrong = np.stack([20 - itd, 20 + itd], 1), np.stack([20 + itd, 20 - itd], 1)
    assert len(load_sofa(write(Data_IR=hrirs, Data_Delay=right)).hrirs) == len(GRID)
    path = write(Data_IR=hrirs, Data_Delay=wrong)
    with pytest.raises(ValueError, match=r"contradict each other.*Data\.Delay"):
        load_sofa(path)
    assert len(load_sofa(path, mirrored="accept").hrirs) == len(GRID)


def test_unknown_way(write):
    with pytest.raises(ValueError, match=r"mirrored must be one of .*'swap_ears'.*; got 'turn'"):
        load_sofa(write(), mirrored="turn")


@pytest.mark.parametrize("unit", ["cartesian", "degree", "radian"])
def test_head_turns_before_a_loudspeaker_that_stands_still(write, head, unit):
    level = GRID[:, 1] == 0
    view = np.column_stack([-GRID[level, 0], 0 * GRID[level, 0], np.ones(level.sum())])
    if unit == "radian":
        view[:, 0] = np.deg2rad(view[:, 0])
    kind = {"Type": "spherical", "Units": f"{unit}, {unit}, metre"}
    if unit == "cartesian":
        view, kind = angles_to_unit_vectors(view[:, :2]), CARTESIAN
    path = write(
        Data_IR=head.hrirs[level],
        ListenerView=(view, kind),
        SourcePosition=([[2, 0, 0]], CARTESIAN),
    )
    read = load_sofa(path)
    assert_allclose(great_circle_distance(read.directions, GRID[level]), 0, atol=1e-6)
    assert_allclose(read.distance, 2.0)


def test_head_elsewhere_that_looks_back_and_lies_on_its_side(write, head):
    # Front along -y, top along +x, so left = top x front = -z.
    axes = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
    place = np.array([[3.0, -2.0, 1.5]])
    source = place + 1.2 * angles_to_unit_vectors(GRID) @ axes
    path = write(
        ListenerPosition=(place, CARTESIAN), SourcePosition=(source, CARTESIAN),
        ListenerView=(2 * axes[:1], CARTESIAN), ListenerUp=(axes[2:], {}),
    )  # fmt: skip
    assert_same_head(load_sofa(path), head)


def test_published_turntable(data_dir, tmp_path):
    path = tmp_path / "turntable.sofa"
    shutil.copyfile(data_dir / "mit_kemar" / "MIT_KEMAR_normal_pinna.sofa", path)
    expected = load_sofa(path)
    with h5py.File(path, "r+") as file:
        positions = file["SourcePosition"][()]
        view = angles_to_unit_vectors(-positions[:, :1])
        del file["ListenerView"]
        file["ListenerView"] = view
        file["ListenerView"].attrs.update(CARTESIAN)
        positions[:, 0] = 0
        file["SourcePosition"][...] = positions
    read = load_sofa(path)
    assert_allclose(great_circle_distance(read.directions, expected.directions), 0, atol=1e-6)
    with h5py.File(path, "r+") as file:
        file["ListenerView"][7] = [0, 0, 1]
    with pytest.raises(ValueError, match="measurement 7 has"):
        load_sofa(path)


@pytest.mark.parametrize(
    ("convention", "data_type", "axis"),
    [
        ("FreeFieldHRIR", "FIR-E", 3),
        ("GeneralFIR", "FIR", None),
        ("GeneralFIR-E", "FIR-E", 3),
        ("GeneralFIRE", "FIRE", 2),
        ("SingleRoomSRIR", "FIR", None),
        ("SingleRoomDRIR", "FIR", None),
        ("SingleRoomMIMOSRIR", "FIR-E", 3),
    ],
)
def test_conventions_of_impulse_responses(write, head, convention, data_type, axis):
    hrirs = head.hrirs if axis is None else np.expand_dims(head.hrirs, axis)
    # The type that files of FreeFieldHRIR have by default says nothing of a single emitter.
    emitter = (np.zeros((1, 3)), SPHERICAL | {"Type": "spherical harmonics"})
    path = write(convention, data_type, Data_IR=hrirs, EmitterPosition=emitter)
    read = load_sofa(path)
    assert_same_head(read, head)
    assert ("room" in read) == convention.startswith("SingleRoom")


@pytest.mark.parametrize(
    ("convention", "data_type", "axis"),
    [("SimpleFreeFieldHRTF", "TF", None), ("FreeFieldHRTF", "TF-E", 3)],
)
@pytest.mark.parametrize("start", [0, 1])
def test_conventions_of_transfer_functions(write, head, convention, data_type, axis, start):
    n_fft = head.hrirs.shape[2]
    spectra = np.fft.rfft(head.hrirs)
    parts = [spectra.real[..., start:], spectra.imag[..., start:]]
    if axis is not None:
        parts = [np.expand_dims(part, axis) for part in parts]
    freqs = np.fft.rfftfreq(n_fft, 1 / 48000)[start:]
    fields = {"Data_Real": parts[0], "Data_Imag": parts[1], "N": freqs}
    path = write(convention, data_type, Data_IR=None, Data_SamplingRate=None, **fields)
    read = load_sofa(path)
    assert (read.fs, read.hrirs.shape) == (48000.0, head.hrirs.shape)
    assert_allclose(read.hrirs, head.hrirs, atol=0.02 * start + 1e-12)
    bad = write(convention, data_type, Data_IR=None, **fields | {"N": freqs**1.1})
    with pytest.raises(ValueError, match="evenly spaced frequencies N"):
        load_sofa(bad)
    bad = write(convention, data_type, Data_IR=None, **fields | {"Data_Imag": parts[1][:1]})
    with pytest.raises(ValueError, match="of the same shape"):
        load_sofa(bad)


@pytest.mark.parametrize(("data_type", "axis"), [("FIRE", 2), ("FIR-E", 3)])
def test_loudspeakers_around_a_head_that_turns(write, data_type, axis):
    speakers, turns = np.array([[30.0, 0], [-30.0, 0], [110.0, 0]]), np.array([0.0, 40.0])
    directions = np.stack([speakers - [turn, 0] for turn in turns])
    hrirs = structural_hrirs(directions.reshape(-1, 2), fs=48000).hrirs
    data = hrirs.reshape(2, 3, 2, -1).swapaxes(1, 2)
    path = write(
        "MultiSpeakerBRIR", data_type,
        Data_IR=data if axis == 2 else np.moveaxis(data, 2, 3),
        Data_Delay=np.zeros((1, 2, 3)),
        SourcePosition=([[1.0, 1.0, 0.5]], CARTESIAN),
        ListenerPosition=([[1.0, 1.0, 0.5]], CARTESIAN),
        ListenerView=(angles_to_unit_vectors(turns[:, None]), CARTESIAN),
        EmitterPosition=(2.5 * angles_to_unit_vectors(speakers)[..., None], CARTESIAN),
    )  # fmt: skip
    read = load_sofa(path)
    assert_allclose(read.hrirs, hrirs, atol=1e-12)
    assert_allclose(great_circle_distance(read.directions, directions.reshape(-1, 2)), 0, atol=1e-6)
    assert_allclose(read.distance, 2.5)
    with h5py.File(path, "r+") as file:
        del file["EmitterPosition"]
    with pytest.raises(ValueError, match="an EmitterPosition for each of 3 emitters"):
        load_sofa(path)


def test_array(write):
    rng = np.random.default_rng(0)
    rirs, mics = rng.standard_normal((2, 4, 50)), 0.05 * rng.standard_normal((4, 3))
    path = write(
        "SingleRoomSRIR", Data_IR=rirs, Data_Delay=[[0, 1, 2, 3]],
        ReceiverPosition=(mics[..., None], CARTESIAN),
        ListenerPosition=([[1, 1, 1]], CARTESIAN), ListenerView=([[0, 1, 0]], CARTESIAN),
        SourcePosition=([[1, 3, 1], [2, 1, 1]], CARTESIAN),
    )  # fmt: skip
    responses = load_sofa_rirs(path)
    assert_allclose(responses.target, [[0, 0, 2], [-90, 0, 1]], atol=1e-12)
    assert_array_equal(responses.mic_positions, mics)
    assert_allclose(responses.rirs[:, 2, 2:52], rirs[:, 2], atol=1e-6)
    assert list(responses.metadata["measurement"]) == [0, 1]
    assert load_sofa_rirs(path, fs=16000).fs == 16000.0
    with pytest.raises(ValueError, match=r"two receivers.*load_sofa_rirs"):
        load_sofa(path)
    with h5py.File(path, "r+") as file:
        del file["ReceiverPosition"]
    with pytest.raises(ValueError, match="one ReceiverPosition for each of the 4 receivers"):
        load_sofa_rirs(path)


def test_field_that_declares_more_than_the_file_holds(write):
    path = write(Data_IR=None)
    with h5py.File(path, "r+") as file:
        file.create_dataset("Data.IR", (10**6, 2, 10**6), dtype=float, chunks=(1, 2, 1000))
    with pytest.raises(OSError, match=r"head\.sofa is unreadable.*Data\.IR declares 1\.6e\+04 GB"):
        load_sofa(path)


def test_attributes_that_are_no_text(write):
    path = write(SourcePosition=([[0, 0, 1.0]] * 6, {"Type": np.bytes_(b"\xff\xfe"), "Units": 5}))
    with pytest.raises(ValueError, match="must have SourcePosition spherical in degree"):
        load_sofa(path)
