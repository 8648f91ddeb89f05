import pytest

from sslearn.plotting._ticks import round_ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-1.5, 90.0, ["0", "15", "30", "45", "60", "75", "90"]),
        (-180, 180, None),
        (-4.0, 4.0, ["0"]),
    ],
)
def test_zero_has_no_sign(low, high, labels):
    printed = [f"{tick:.0f}" for tick in round_ticks(low, high)]
    assert "-0" not in printed and "0" in printed
    assert labels is None or printed == labels
