"""The commands that README and the user guide print, and what they print."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner

from sslearn.cli import main

ROOT = Path(__file__).parents[2]
PROGRAMS = ("sslearn ", "cat ", "sox ")
RECORDINGS = ("mom_respeaker/respeaker_two_sources.flac",)


def commands(text):
    """Commands of the console blocks of a page, each with the output that is printed there."""
    for block in re.findall(r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", text, re.M):
        for part in re.split(r"^   \$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command.partition("  #")[0], output


def run(command, expected):
    """What a terminal shows of a command, which may begin with ``cat FILE |``.

    Where the page shows nothing, nothing is returned of a command that succeeds.
    """
    piped = re.match(r"cat (\S+)(?: \| )?", command)
    if piped and not Path(piped[1]).exists():
        # A file of the reader's own: the page shows what is in it.
        Path(piped[1]).write_text("".join(f"{line.strip()}\n" for line in expected.split("\n")))
    sound = Path(piped[1]).read_bytes() if piped else None
    rest = command[piped.end() :] if piped else command
    if not rest:
        return sound.decode()
    program, *args = shlex.split(rest)
    if program == "sox":
        return remix(*args)
    assert program == "sslearn"
    runner = CliRunner(env={"COLUMNS": "100"})
    done = runner.invoke(main, args, input=sound, prog_name="sslearn")
    return "" if done.exit_code == 0 and not expected.strip() else done.output


def remix(source, target, effect, *channels):
    """Do what ``sox SOURCE TARGET remix CHANNELS`` does, which may not be there."""
    assert effect == "remix"
    audio, fs = soundfile.read(source)
    soundfile.write(target, audio[:, [int(channel) - 1 for channel in channels]], fs)
    return ""


def same(printed, expected, tolerance=0.2):
    """Whether two texts have the same words, and numbers that agree to 1 % or the tolerance."""
    words = [re.split(r"[\s,]+", text.strip()) for text in (printed, expected)]
    if len(words[0]) != len(words[1]):
        return False
    return all(a == b or _near(a, b, tolerance) for a, b in zip(*words, strict=True))


def _near(a, b, tolerance):
    a, b = (re.fullmatch(r"(-?\d+\.\d+)[}.]?", word) for word in (a, b))
    if not (a and b):
        return False
    value = float(b[1])
    # Fractions, such as accuracies, are at most 1.
    tolerance *= 1 if abs(value) > 1 else 0.05
    return float(a[1]) == pytest.approx(value, rel=0.01, abs=tolerance)


@pytest.mark.parametrize(
    ("printed", "expected", "is_same"),
    [
        ("a.wav 12.31\n", "  a.wav  12.3", True),
        ("a.wav 12.31\n", "a.wav 13.3", False),
        ("a.wav,12.31", "b.wav,12.31", False),
        ("a", "a b", False),
        ('{"a": 0.5}', '{"a": 0.505}', True),
        ("0.5", "0.7", False),
    ],
)
def test_same(printed, expected, is_same):
    assert same(printed, expected) is is_same


@pytest.mark.parametrize(
    ("page", "tolerance"),
    [
        ("README.rst", 0.2),
        ("docs/user_guide/command_line.rst", 0.2),
        # Rounding in the training of a network differs between processors.
        ("docs/user_guide/command_line_models.rst", 4.0),
    ],
)
def test_what_pages_print(page, tolerance, data_dir, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sslearn.cli._output.is_terminal", lambda: True)
    for name in RECORDINGS:
        shutil.copy(data_dir / name, tmp_path)
    shown = [pair for pair in commands((ROOT / page).read_text()) if pair[0].startswith(PROGRAMS)]
    assert len(shown) > 2
    for command, expected in shown:
        printed = run(command, expected)
        assert same(printed, expected, tolerance), f"{command}\n{printed}"
