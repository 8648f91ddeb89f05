"""``python -m sslearn``, the same as ``sslearn``."""

from sslearn.cli import main

if __name__ == "__main__":
    main(prog_name="sslearn")
