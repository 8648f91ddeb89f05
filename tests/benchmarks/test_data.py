"""What the studies do with a folder of measured data that is missing or a part."""

import pytest

from benchmarks.accuracy import _data


def test_read_present_keeps_what_is_there():
    def missing():
        raise _data.MissingDataError("gone")

    assert _data.read_present({"a": missing, "b": lambda: 1}) == {"b": 1}
    with pytest.raises(_data.MissingDataError, match="one of a"):
        _data.read_present({"a": missing})
