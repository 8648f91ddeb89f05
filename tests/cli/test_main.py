"""The program as a whole: help, version, exit codes, pipes, speed of the start."""

import subprocess
import sys
import warnings

import click
import pytest

import sslearn
from sslearn.cli import _main, main

PROGRAM = [sys.executable, "-m", "sslearn"]


@pytest.fixture
def command():
    """Function that adds a command which does what it is given, until the test is over."""

    def add(work, name="work"):
        main.add_command(click.Command(name, callback=work), name)
        return name

    known = main.get_command
    main.get_command = lambda ctx, name: main.commands.get(name) or known(ctx, name)
    yield add
    del main.get_command
    main.commands.clear()


def test_version_and_help(run):
    assert run("--version").stdout == f"sslearn, version {sslearn.__version__}\n"
    done = run("--help")
    assert done.exit_code == 0
    assert all(f"  {name} " in done.stdout for name in _main._COMMANDS)


@pytest.mark.parametrize("name", _main._COMMANDS)
def test_help_of_a_command_has_an_example(run, name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"  sslearn {name} " in done.stdout.partition("Example")[2]


def test_unknown_command(run):
    done = run("locat")
    assert done.exit_code == 2
    assert "No such command 'locat'" in done.stderr


def test_an_error_is_one_line_and_exit_code_1(run, command):
    def fail():
        raise ValueError("fs must be positive;\n   got 0.")

    name = command(fail)
    done = run(name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: fs must be positive; got 0.\n"
    assert isinstance(run("--debug", name).exception, ValueError)


def test_a_fault_of_the_program_is_not_hidden(run, command):
    def fail():
        raise KeyError("oops")

    assert isinstance(run(command(fail)).exception, KeyError)


def test_interrupt(run, command):
    def interrupt():
        raise KeyboardInterrupt

    assert run(command(interrupt)).exit_code == 130


def test_warnings_are_short_and_told_once(run, command):
    def warn():
        for i in range(3):
            warnings.warn(f"Channel {i % 2}\n  is silent.")
        click.echo("result")

    before = warnings.showwarning
    done = run(command(warn))
    assert done.stdout == "result\n"
    assert done.stderr == "Warning: Channel 0 is silent.\nWarning: Channel 1 is silent.\n"
    assert warnings.showwarning is before


def test_the_start_brings_no_library():
    code = (
        "import sys; from sslearn.cli import main; main(['--help'], standalone_mode=False); "
        "heavy = {'numpy', 'pandas', 'sklearn', 'scipy', 'torch', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", _main._COMMANDS)
def test_help_of_a_command_brings_no_library(name):
    code = (
        f"import sys; from sslearn.cli import main; main(['{name}', '--help'], "
        "standalone_mode=False); heavy = {'pandas', 'sklearn', 'scipy', 'torch'} & "
        "set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_module_is_the_program():
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("sslearn, version")
    assert subprocess.run([*PROGRAM, "locat"], capture_output=True).returncode == 2


def test_a_reader_that_leaves_is_no_error(recordings):
    options = ["--array", "circular:4:0.05", "--every", "0.08"]
    locate = [*PROGRAM, "locate", str(recordings / "wave_0.wav"), *options]
    with subprocess.Popen(locate, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdout.close()
        complaints = program.stderr.read()
    assert complaints == b""
