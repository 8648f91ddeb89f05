"""Fixtures shared by all rooms."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir():
    """Folder of measured data named by the environment variable SSLEARN_DATA."""
    folder = os.environ.get("SSLEARN_DATA")
    if not folder:
        pytest.skip("SSLEARN_DATA names no folder of measured data")
    folder = Path(folder)
    if not folder.is_dir():
        pytest.fail(f"SSLEARN_DATA={folder} is not a folder")
    return folder
