import pytest

from sslearn import exceptions


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_warning_can_be_filtered_on_its_own(name):
    category = getattr(exceptions, name)
    assert issubclass(category, UserWarning)
    assert category.__doc__
