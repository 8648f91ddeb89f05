import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.base import clone

from sslearn.geometry import circular_array, great_circle_distance, tetrahedral_array
from sslearn.simulation import (
    AmbisonicReceiver,
    ArrayReceiver,
    HeadReceiver,
    Placement,
    make_shoebox_rooms,
)
from sslearn.simulation._placement import check_placement
from sslearn.simulation._placer import Placer
from sslearn.simulation._simulate import _draw_plan
from sslearn.simulation._sounds import NoisePlayer

CIRCLE, SPACE = circular_array(4, 0.05), tetrahedral_array(0.06)


@pytest.fixture(scope="module")
def rooms():
    return make_shoebox_rooms(
        3, dimensions=((4, 4, 2.6), (6, 5, 3)), t60=(0.15, 0.25), random_state=0
    )


def _plan(rooms, receiver, n_sources=1, n_samples=200, **places):
    receiver = receiver.build(16000)
    where, _ = check_placement(Placement(**places), receiver.defaults, n_sources)
    placer = Placer(where, receiver, rooms, n_sources=n_sources, seed=0)
    return _draw_plan(n_samples, placer, NoisePlayer(1), None, 0)


def test_array_and_sources_stay_off_the_walls(rooms):
    places = {"elevation_range": (-20, 30), "distances": (1.0, 1.5)}
    plan = _plan(rooms, ArrayReceiver(SPACE), **places)
    sizes = rooms[["length", "width", "height"]].to_numpy()[plan["room_row"]]
    turn = np.deg2rad(plan["yaw"].to_numpy())
    x = np.cos(turn)[:, None] * SPACE[:, 0] - np.sin(turn)[:, None] * SPACE[:, 1]
    y = np.sin(turn)[:, None] * SPACE[:, 0] + np.cos(turn)[:, None] * SPACE[:, 1]
    turned = np.stack([x, y, np.broadcast_to(SPACE[:, 2], x.shape)], axis=2)
    mics = plan[["receiver_x", "receiver_y", "receiver_z"]].to_numpy()[:, None] + turned
    assert (mics >= 0.5).all() and (mics <= sizes[:, None] - 0.5).all()
    sources = plan[["source_x_0", "source_y_0", "source_z_0"]].to_numpy()
    assert (sources > 0.1).all() and (sources < sizes - 0.1).all()
    assert plan["room_row"].nunique() == 3 and plan["yaw"].nunique() == 200
    distance = np.linalg.norm(sources - plan[["receiver_x", "receiver_y", "receiver_z"]], axis=1)
    np.testing.assert_allclose(distance, plan["distance_0"])


def test_sources_are_apart(rooms):
    receiver, n_sources = ArrayReceiver(CIRCLE), 3
    places = {"elevation_range": (-20, 30), "min_separation": 40.0, "distances": (1.0, 1.5)}
    plan = _plan(rooms, receiver, n_sources, n_samples=100, **places)
    doa = [plan[[f"azimuth_{s}", f"elevation_{s}"]].to_numpy() for s in range(3)]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert great_circle_distance(doa[i], doa[j]).min() >= 40.0
    with pytest.raises(ValueError, match=r"min_separation=40\.0 degrees leaves no place for 3"):
        _plan(rooms, receiver, n_sources, **places | {"azimuth_range": (0, 30)})


@pytest.mark.parametrize("height", [None, (1.0, 1.6)])
def test_directions_cover_the_sphere_in_every_room(height):
    rooms = make_shoebox_rooms(5, dimensions=((3, 3, 2.5), (10, 8, 4)), random_state=0)
    plan = _plan(rooms, AmbisonicReceiver(), n_samples=1500, height=height)
    uniform = np.sin(np.deg2rad(plan["elevation_0"])) / 2 + 0.5
    assert kstest(uniform, "uniform").pvalue > 0.01
    assert kstest((plan["azimuth_0"] + 180) / 360, "uniform").pvalue > 0.01
    for row in range(5):
        assert kstest(uniform[plan["room_row"] == row], "uniform").pvalue > 0.001
    sizes = rooms[["length", "width", "height"]].to_numpy()[plan["room_row"]]
    sources = plan[["source_x_0", "source_y_0", "source_z_0"]].to_numpy()
    arrays = plan[["receiver_x", "receiver_y", "receiver_z"]].to_numpy()
    assert (sources > 0.1 - 1e-9).all() and (sources < sizes - 0.1 + 1e-9).all()
    assert (arrays >= 0.5).all() and (arrays <= sizes - 0.5).all()
    distance = np.linalg.norm(sources - arrays, axis=1)
    np.testing.assert_allclose(distance, plan["distance_0"])
    # Shortened where nothing else helps, which is rare.
    assert (distance >= 1.0).mean() > 0.98 and distance.max() < 3.0


def test_a_fixed_receiver_is_the_same_for_all_clips_of_a_room(rooms):
    places = {"n_receivers": 2, "distances": (1.0,)}
    for receiver in (ArrayReceiver(CIRCLE), AmbisonicReceiver(), HeadReceiver()):
        plan = _plan(rooms, receiver, n_samples=60, **places)
        columns = ["room_row", "receiver_x", "receiver_y", "receiver_z"]
        assert len(plan[columns].drop_duplicates()) == 6
        again = _plan(rooms, receiver, n_samples=30, **places)
        assert again[columns].equals(plan[columns][:30])


def test_a_table_settles_where_any_receiver_stands(rooms):
    placed = rooms.assign(receiver_x=1.6, receiver_y=1.8)
    for receiver in (ArrayReceiver(CIRCLE), AmbisonicReceiver(), HeadReceiver()):
        plan = _plan(placed, receiver, n_samples=20, distances=(1.0,))
        assert (plan[["receiver_x", "receiver_y"]] == [1.6, 1.8]).all(axis=None)


@pytest.mark.parametrize("receiver", [ArrayReceiver(CIRCLE), HeadReceiver(), AmbisonicReceiver()])
def test_distances_are_of_a_set_or_of_a_range(rooms, receiver):
    plan = _plan(rooms, receiver, elevation_range=(-10, 10), distances=(0.9, 1.1))
    assert set(plan["distance_0"]) == {0.9, 1.1}
    plan = _plan(rooms, receiver, elevation_range=(-10, 10), distance_range=(0.9, 1.1))
    assert plan["distance_0"].between(0.9, 1.1).all() and plan["distance_0"].nunique() == 200


def test_heads_in_a_range_of_heights(rooms):
    height = _plan(rooms, HeadReceiver(), height=(1.2, 1.8))["receiver_z"]
    assert height.between(1.2, 1.8).all() and height.nunique() == 3 * 9
    assert (_plan(rooms, HeadReceiver())["receiver_z"] == 1.7).all()


def test_placement_is_cloned_and_short():
    placement = Placement(azimuth_range=(-60, 60), yaw=3.0)
    assert repr(clone(placement)) == "Placement(azimuth_range=(-60, 60), yaw=3.0)"
