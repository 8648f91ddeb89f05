"""``sslearn info``."""

import json
from dataclasses import asdict

import click

from sslearn.cli._files import EXTENSIONS, each, expand, on_disk


@click.command(
    epilog="""\b
Examples:
  sslearn info model.sslearn
  sslearn info model.sslearn --json | jq .card.held_out
  sslearn info *.wav
"""
)
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="A JSON object per file.")
def info(files, as_json):
    """Describe model files (type, inputs, training data) and audio files.

    FILES are paths, patterns, or folders of audio. Nothing of a model is built or run.
    """
    for described in each(expand(files), _describe):
        if as_json:
            click.echo(json.dumps(described, ensure_ascii=False))
        else:
            click.echo("\n".join(_lines(described)))


def _describe(path):
    with on_disk(path) as file:
        if file.lower().endswith(EXTENSIONS):
            from sslearn.utils import audio_info

            found = audio_info(file)
            return {"path": path, **found._asdict(), "seconds": found.n_times / found.fs}
        from sslearn.persistence import describe

        return asdict(describe(file))


def _lines(values, indent=""):
    """Lines of nested values, without unknown ones."""
    for name, value in values.items():
        if isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ")
        elif value not in (None, {}):
            yield f"{indent}{name}: {_text(value)}"


def _text(value):
    """Text of a value without inner dicts."""
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_text(item)}" for name, item in value.items() if item is not None
        )
    if isinstance(value, list):
        return " ".join(
            f"({_text(item)})" if isinstance(item, list) else _text(item) for item in value
        )
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
