import contextlib

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sslearn.datasets import load_sofa


def write_sofa(
    path, *, omit=(), convention="SimpleFreeFieldHRIR", data_type="FIR", units=None, **fields
):
    rng = np.random.default_rng(0)
    content = {
        "Data.IR": rng.standard_normal((3, 2, 16)),
        "Data.Delay": np.zeros((1, 2)),
        "Data.SamplingRate": [48000.0],
        "SourcePosition": [[0.0, 0.0, 1.0], [90.0, 30.0, 1.5], [270.0, -20.0, 2.0]],
        "ListenerView": [[1.0, 0.0, 0.0]],
    } | fields
    kinds = {
        "SourcePosition": ("spherical", "degree, degree, metre"),
        "ListenerView": ("cartesian", "metre"),
    } | (units or {})
    with h5py.File(path, "w") as file:
        file.attrs["SOFAConventions"] = np.bytes_(convention)
        file.attrs["DataType"] = np.bytes_(data_type)
        for name in set(content) - set(omit):
            file[name] = np.asarray(content[name])
            if name in kinds:
                file[name].attrs["Type"], file[name].attrs["Units"] = map(np.bytes_, kinds[name])
    return path


def test_reads_what_was_written(tmp_path):
    hrirs = np.arange(96.0).reshape(3, 2, 16)
    head = load_sofa(write_sofa(tmp_path / "some_head.sofa", **{"Data.IR": hrirs}))
    assert_array_equal(head.hrirs, hrirs)
    assert_array_equal(head.directions, [[0, 0], [90, 30], [-90, -20]])
    assert_array_equal(head.distance, [1.0, 1.5, 2.0])
    assert (head.fs, head.name) == (48000.0, "some_head")


@pytest.mark.parametrize(
    ("kind", "positions"),
    [
        (("cartesian", "metre"), [[0, 2, 0], [-1, 0, 0], [0, 0, 3]]),
        (("cartesian", "meter"), [[0, 2, 0], [-1, 0, 0], [0, 0, 3]]),
        (("spherical", "radian, radian, metre"), np.pi / 2 * np.array([[1, 0], [2, 0], [0, 1]])),
        (("spherical", "degree degree meter"), [[90, 0], [180, 0], [0, 90]]),
        (("spherical", "degrees, degrees, metres"), [[450, 0], [-180, 0], [0, 90 + 1e-6]]),
    ],
)
def test_positions_of_all_kinds(tmp_path, kind, positions):
    if kind[0] == "spherical":
        positions = np.column_stack([positions, [2.0, 1.0, 3.0]])
    units = {"SourcePosition": kind}
    head = load_sofa(write_sofa(tmp_path / "a.sofa", units=units, SourcePosition=positions))
    assert_allclose(head.directions, [[90, 0], [-180, 0], [0, 90]], atol=1e-12)
    assert_allclose(head.distance, [2.0, 1.0, 3.0])


def test_one_position_is_shared(tmp_path):
    head = load_sofa(write_sofa(tmp_path / "a.sofa", SourcePosition=[[10.0, 20.0, 1.0]]))
    assert_array_equal(head.directions, [[10, 20]] * 3)


@pytest.mark.parametrize("delay", [[[3, 5]], [[3, 5], [0, 1], [7, 2]]])
def test_whole_delays_shift(tmp_path, delay):
    path = write_sofa(tmp_path / "a.sofa", **{"Data.Delay": delay})
    plain = load_sofa(write_sofa(tmp_path / "plain.sofa")).hrirs
    head = load_sofa(path)
    shifts = np.broadcast_to(delay, (3, 2))
    assert head.hrirs.shape[2] == 16 + shifts.max()
    for i, e in np.ndindex(3, 2):
        expected = np.zeros(head.hrirs.shape[2])
        expected[shifts[i, e] : shifts[i, e] + 16] = plain[i, e]
        assert_allclose(head.hrirs[i, e], expected, atol=1e-13)


def test_fractional_delays_shift_without_wrapping(tmp_path):
    pulse = np.hanning(16) * np.ones((3, 2, 1))
    delay = [[0.0, 2.25], [0.5, 0.0], [10.0, 3.75]]
    head = load_sofa(write_sofa(tmp_path / "a.sofa", **{"Data.IR": pulse, "Data.Delay": delay}))
    times = np.arange(head.hrirs.shape[2]) - np.asarray(delay)[..., None]
    inside = (times >= 0) & (times <= 15)
    expected = np.where(inside, 0.5 - 0.5 * np.cos(2 * np.pi * times / 15), 0.0)
    assert_allclose(head.hrirs, expected, atol=2e-3)
    assert np.abs(head.hrirs[..., 40:]).max() < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"convention": "SimpleHeadphoneIR"}, "got SimpleHeadphoneIR.* convert it to Simple"),
        ({"Data.IR": np.ones((3, 4, 16)), "Data.Delay": np.zeros((1, 4))}, "two receivers.*_rirs"),
        ({"Data.IR": np.ones((3, 2))}, "Data.IR of shape"),
        ({"Data.IR": 1j * np.ones((3, 2, 16))}, "real numbers in Data.IR; got complex"),
        ({"SourcePosition": np.full((3, 3), b"left")}, "real numbers in SourcePosition"),
        ({"ListenerView": np.array([b"1 0 0"])}, "real numbers in ListenerView"),
        ({"ListenerView": [[1.0], [0.0], [0.0]]}, "ListenerView of shape"),
        ({"ListenerView": np.zeros((1, 3))}, "ListenerView that has a length.*measurement 0"),
        ({"ListenerView": [[np.nan, 0, 0]]}, "NaN or infinity in ListenerView"),
        ({"SourcePosition": [[0.0, 0.0, 0.0]]}, "away from the listener; measurement 0"),
        ({"Data.SamplingRate": [48.0]}, "in hertz, from 1 kHz"),
        ({"Data.SamplingRate": [1e-9]}, "one positive Data.SamplingRate"),
        ({"Data.Delay": [[0.0, 1e9]]}, "at most 1 s"),
        (
            {"units": {"SourcePosition": ("spherical harmonics", "degree, degree, metre")}},
            "Evaluate spherical harmonics",
        ),
        ({"Data.IR": np.full((3, 2, 16), np.nan)}, "NaN or infinity in Data.IR"),
        ({"Data.SamplingRate": [44100.0, 48000.0]}, "one positive Data.SamplingRate"),
        ({"Data.SamplingRate": [0.0]}, "one positive Data.SamplingRate"),
        ({"Data.Delay": np.zeros((2, 2))}, "Data.Delay of shape"),
        ({"Data.Delay": [[0.0, -1.0]]}, "Data.Delay >= 0"),
        ({"SourcePosition": np.zeros((2, 3))}, "SourcePosition of shape"),
        ({"SourcePosition": [[0.0, 95.0, 1.0]]}, r"bad\.sofa must have elevations"),
        ({"units": {"SourcePosition": ("spherical", "gradian, gradian, metre")}}, "gradian"),
        ({"ListenerView": [[1, 0, 0], [0, 0, 2], [1, 0, 0]]}, "ListenerUp; measurement 1 has"),
        *[({"omit": [name]}, name) for name in ("Data.IR", "Data.Delay", "SourcePosition")],
    ],
)
def test_refuses(tmp_path, change, message):
    path = write_sofa(tmp_path / "bad.sofa", **change)
    with pytest.raises(ValueError, match=message):
        load_sofa(path)
    assert [file.name for file in tmp_path.iterdir()] == ["bad.sofa"]


def test_units_must_be_there(tmp_path):
    path = write_sofa(tmp_path / "a.sofa")
    with h5py.File(path, "a") as file:
        del file["SourcePosition"].attrs["Units"]
    with pytest.raises(ValueError, match="Type and Units of SourcePosition"):
        load_sofa(path)


def test_listener_view_may_be_absent(tmp_path):
    assert len(load_sofa(write_sofa(tmp_path / "a.sofa", omit=["ListenerView"])).hrirs) == 3


@pytest.mark.parametrize("kept", [0, 100, 2000, -1])
def test_truncated_file(tmp_path, kept):
    path = write_sofa(tmp_path / "a.sofa")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(OSError, match=r"a\.sofa is unreadable"):
        load_sofa(path)


def test_damaged_file(tmp_path):
    path = write_sofa(tmp_path / "a.sofa", **{"Data.IR": np.ones((3, 2, 4))})
    rng = np.random.default_rng(0)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for _ in range(30):
        damaged = content.copy()
        damaged[rng.integers(0, 3000, 40)] = rng.integers(0, 256, 40)
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(OSError, ValueError):
            load_sofa(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.sofa"):
        load_sofa(tmp_path / "nothing.sofa")
    with pytest.raises(FileNotFoundError, match="path"):
        load_sofa(tmp_path)


def test_resampled_keeps_the_frequency_response(data_dir):
    folder = data_dir / "surrey_brir"
    ours = load_sofa(folder / "UniS_Anechoic_BRIR_48k.sofa", mirrored="accept", fs=16000).hrirs
    theirs = load_sofa(folder / "UniS_Anechoic_BRIR_16k.sofa", mirrored="accept").hrirs
    assert ours.shape == theirs.shape
    # They kept the waveform, we keep the frequency response.
    assert_allclose(ours, 3 * theirs, atol=0.015 * np.abs(theirs).max())


def test_agrees_with_sofar_on_every_file(data_dir):
    sofar = pytest.importorskip("sofar")
    paths = sorted(data_dir.glob("*/*.sofa"))
    assert len(paths) >= 20
    for path in paths:
        head = load_sofa(path, mirrored="accept")
        other = sofar.read_sofa(path, verify=False, verbose=False)
        n_taps = other.Data_IR.shape[2]
        delays = np.broadcast_to(np.atleast_2d(other.Data_Delay), head.hrirs.shape[:2]).astype(int)
        expected = np.zeros_like(head.hrirs)
        for i, e in np.ndindex(delays.shape):
            expected[i, e, delays[i, e] : delays[i, e] + n_taps] = other.Data_IR[i, e]
        assert_allclose(head.hrirs, expected, atol=1e-12 * np.abs(expected).max())
        azimuth, elevation, distance = np.atleast_2d(other.SourcePosition).T
        assert_allclose(head.directions[:, 0], (azimuth + 180) % 360 - 180, atol=1e-9)
        assert_allclose(head.directions[:, 1], elevation, atol=1e-5)
        assert_allclose(head.distance, distance)
        assert head.fs == np.ravel(other.Data_SamplingRate)[0]


def test_delays_of_listen_hold_the_time_difference(data_dir, itd_at):
    path = data_dir / "ircam_listen" / "3DTI_HRTF_IRC1008_512s_44100Hz.sofa"
    head = load_sofa(path)
    assert -0.70 < itd_at(head, 90) < -0.60
    with h5py.File(path) as file:
        head.hrirs = file["Data.IR"][()]
    assert abs(itd_at(head, 90)) < 0.15
