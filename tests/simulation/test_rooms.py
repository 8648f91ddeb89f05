import numpy as np
import pandas as pd
import pytest

from sslearn.datasets import make_shoebox_rooms
from sslearn.simulation._rooms import check_rooms

WALLS = ["west", "east", "south", "north", "floor", "ceiling"]


def decay_time(response, fs):
    """T20 in seconds from the Schroeder curve."""
    level = np.cumsum(np.square(response[::-1], dtype=float))[::-1]
    level = 10 * np.log10(np.maximum(level / level[0], 1e-12))
    fitted = (level < -5) & (level > -25)
    return -60.0 / np.polyfit(np.flatnonzero(fitted) / fs, level[fitted], 1)[0]


def test_within_the_ranges_and_reproducible():
    rooms = make_shoebox_rooms(20, t60=(0.2, 0.3), random_state=0)
    low, high = [3.0, 2.0, 2.4], [10.0, 4.0, 3.0]
    sizes = rooms[["length", "width", "height"]].to_numpy()
    assert ((sizes >= low) & (sizes <= high)).all()
    assert rooms["t60"].between(0.2, 0.3).all()
    absorption = rooms[[f"absorption_{wall}" for wall in WALLS]].to_numpy()
    assert ((absorption > 0) & (absorption < 1)).all()
    pd.testing.assert_frame_equal(rooms, make_shoebox_rooms(20, t60=(0.2, 0.3), random_state=0))


def test_variation():
    alike = make_shoebox_rooms(3, variation=0, random_state=0).filter(like="absorption")
    assert alike.std(axis=1).max() < 1e-12
    varied = make_shoebox_rooms(3, variation=0.5, random_state=0).filter(like="absorption")
    assert varied.std(axis=1).min() > 0.03


def test_octave_profile():
    rooms = make_shoebox_rooms(2, profile="octave", random_state=0)
    assert len(rooms.filter(like="absorption").columns) == 6 * 7
    floor = check_rooms(rooms)[0]["absorption"]["floor"]
    assert floor["center_freqs"] == [125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0]
    assert len(set(floor["coeffs"])) == 7


@pytest.mark.parametrize("variation", [0.0, 0.5])
def test_reverberation_time_is_met(variation):
    pra = pytest.importorskip("pyroomacoustics")
    table = make_shoebox_rooms(
        5, t60=(0.2, 0.35), dimensions=((3, 3, 2.4), (6, 5, 3)), variation=variation, random_state=3
    )
    for room, (_, row) in zip(check_rooms(table), table.iterrows(), strict=True):
        box = pra.ShoeBox(
            room["sizes"],
            fs=8000,
            materials={wall: pra.Material(a) for wall, a in room["absorption"].items()},
            max_order=int(343.0 * row["t60"] / room["sizes"].min()) + 3,
        )
        box.add_source(room["sizes"] * [0.3, 0.4, 0.5])
        box.add_microphone(room["sizes"] * [0.7, 0.6, 0.55])
        box.compute_rir()
        assert decay_time(box.rir[0][0], 8000) == pytest.approx(row["t60"], rel=0.2)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"t60": (0.4, 0.1)}, "t60"),
        ({"t60": (0.0, 0.1)}, "t60"),
        ({"dimensions": ((5, 5, 3), (4, 6, 3))}, "dimensions"),
        ({"dimensions": (5, 5, 3)}, "dimensions"),
        ({"n_rooms": 0}, "n_rooms"),
        ({"profile": "wood"}, "profile"),
        ({"variation": -1.0}, "variation"),
    ],
)
def test_refused(params, match):
    with pytest.raises(ValueError, match=match):
        make_shoebox_rooms(**params)


def test_tables_of_users():
    rooms = make_shoebox_rooms(2, random_state=0)
    with pytest.raises(TypeError, match="DataFrame"):
        check_rooms([5, 4, 3])
    with pytest.raises(ValueError, match="absorption_floor"):
        check_rooms(rooms.drop(columns="absorption_floor"))
    with pytest.raises(ValueError, match="height"):
        check_rooms(rooms.drop(columns="height"))
    with pytest.raises(ValueError, match=r"absorptions in \[0, 1\]"):
        check_rooms(rooms.assign(absorption_west=1.5))
    with pytest.raises(ValueError, match="positive sizes"):
        check_rooms(rooms.assign(width=np.nan))
