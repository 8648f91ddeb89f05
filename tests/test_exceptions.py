import pytest

from sslearn import exceptions

WARNINGS = [name for name in exceptions.__all__ if name.endswith("Warning")]


@pytest.mark.parametrize("name", WARNINGS)
def test_every_warning_can_be_filtered_on_its_own(name):
    category = getattr(exceptions, name)
    assert issubclass(category, UserWarning)
    assert category.__doc__


def test_what_is_no_warning_is_a_value_error():
    assert set(exceptions.__all__) - set(WARNINGS) == {"ModelFileError"}
    assert issubclass(exceptions.ModelFileError, ValueError)
