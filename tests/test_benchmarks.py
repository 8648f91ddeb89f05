"""What the studies do with a folder of measured data that is missing, empty or a part."""

import importlib

import pytest

STUDIES = {
    "binaural": ["all"],
    "contrastive.__main__": ["all"],
}


def main(name):
    if name in ("binaural", "contrastive.__main__"):
        pytest.importorskip("torch")
    return importlib.import_module(f"benchmarks.accuracy.{name}").main


@pytest.mark.parametrize("name", STUDIES)
def test_study_without_a_folder_names_option_and_variable(name, monkeypatch, capsys):
    monkeypatch.delenv("SSLEARN_DATA", raising=False)
    with pytest.raises(SystemExit):
        main(name)(STUDIES[name])
    assert "--data or SSLEARN_DATA must name the folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", STUDIES)
def test_study_skips_what_an_empty_folder_lacks(name, tmp_path, capsys):
    main(name)([*STUDIES[name], "--data", str(tmp_path)])
    skipped = capsys.readouterr().err.splitlines()
    assert len(skipped) >= 5
    assert all(line.startswith("skipped ") and "found none" in line for line in skipped[:5])
    assert not list(tmp_path.iterdir())
