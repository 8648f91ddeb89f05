"""Files of earlier versions open, say what they hold, and predict what they did."""

import json
from pathlib import Path

import numpy as np
import pytest

import sslearn
from sslearn.persistence import describe
from tests.persistence.write_files import answer, make_inputs, make_models

FOLDER = Path(__file__).parent / "files"
EXPECTED = {
    f"{path.parent.name}/{name}": facts
    for path in sorted(FOLDER.glob("*/expected.json"))
    for name, facts in json.loads(path.read_text()).items()
}


@pytest.mark.parametrize("name", EXPECTED)
def test_predictions_of_old_files(name):
    facts = EXPECTED[name]
    X, _ = make_inputs(facts["kind"], facts["seed"])
    model = sslearn.load(FOLDER / f"{name}.sslearn")
    np.testing.assert_allclose(answer(model, X), facts["predictions"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", EXPECTED)
def test_description_of_old_files(name):
    info = describe(FOLDER / f"{name}.sslearn")
    facts = EXPECTED[name]
    assert info.is_fitted
    assert info.format_version == 1
    assert info.versions["sslearn"] == facts["version"]
    assert info.card == facts["card"]
    assert info.contract == facts["contract"]
    assert info.estimator.startswith(facts["class"])


def test_every_file_is_expected_and_small():
    files = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.ss*")}
    assert files == set(EXPECTED)
    assert {name.partition("/")[2] for name in files} == set(make_models())
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < 500_000
