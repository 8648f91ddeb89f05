"""The program ``sslearn``; each command is a private module, imported when it is called."""

from sslearn.cli._main import main

__all__ = ["main"]
