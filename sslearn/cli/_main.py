"""The group of commands, and the handling of their errors and warnings."""

import importlib
import warnings

import click

import sslearn
from sslearn.cli._output import Complaints

# Each is imported when it is called: a list of commands needs none of the libraries behind them.
_COMMANDS = {
    "locate": "Find the directions of the sounds in recordings.",
    "diagnose": "Check a recording against the description of its array.",
    "simulate": "Write labelled clips in simulated rooms.",
    "train": "Train a model on labelled files.",
    "evaluate": "Measure the errors of a model on labelled files.",
    "info": "Describe models, without building them, and audio files.",
    "listen": "Locate sounds as they arrive at a microphone.",
}


class _Commands(click.Group):
    """Commands that are imported on demand."""

    def list_commands(self, ctx):
        return list(_COMMANDS)

    def get_command(self, ctx, cmd_name):
        if cmd_name not in _COMMANDS:
            return None
        return getattr(importlib.import_module(f"sslearn.cli._{cmd_name}"), cmd_name)

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return ctx.exit(130)
        except BrokenPipeError:
            raise  # click ends without a word
        except (ImportError, OSError, TypeError, ValueError) as error:
            if ctx.params["debug"]:
                raise
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Results go to stdout, progress and warnings to stderr. Exit codes: 0 all went well, 1 "
    "a file or a check failed, 2 wrong options, 130 interrupted. 'sslearn COMMAND --help' has an "
    "example of each command.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(sslearn.__version__, prog_name="sslearn")
@click.pass_context
def main(ctx, debug):
    """Sound source localization from the command line."""
    ctx.with_resource(warnings.catch_warnings())
    complaints = Complaints()
    ctx.call_on_close(complaints.close)
    # By default Python shows a repeated warning once, even if it is about another file.
    warnings.filterwarnings("always", category=UserWarning, append=True)
    warnings.showwarning = complaints.show
