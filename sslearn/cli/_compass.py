"""Directions drawn in a terminal, and the key that ends it."""

import contextlib
import os
import select
import sys

_PLACES = {180: "back", 90: "left", 0: "front", -90: "right", -180: "back"}


def compass_lines(azimuths, marks, width):
    """Ruler of azimuths from the back over the left, the front and the right, and marks on it.

    Parameters
    ----------
    azimuths : iterable of float
        Azimuths in degrees, in [-180, 180).
    marks : iterable of str
        Character of each.
    width : int
        Number of characters of a line.

    Returns
    -------
    lines : list of str
        Names of the places, and the marks.

    Examples
    --------
    >>> from sslearn.cli._compass import compass_lines
    >>> print(*compass_lines([90.0, -45.0], "12", 41), sep="\\n")
    back      left      front     right back
    ··········1··············2···············
    """
    ruler, line = [" "] * width, ["·"] * width
    for azimuth, name in _PLACES.items():
        first = min(max(0, _column(azimuth, width) - len(name) // 2), width - len(name))
        ruler[first : first + len(name)] = name
    for azimuth, mark in zip(azimuths, marks, strict=True):
        line[_column(azimuth, width)] = mark
    return ["".join(ruler), "".join(line)]


def _column(azimuth, width):
    # Azimuth 180 is at the left end, -180 at the right: left of the front is left.
    return round((180 - azimuth) / 360 * (width - 1))


class Compass:
    """Picture of the latest directions, drawn in place."""

    def __enter__(self):
        from rich.live import Live

        self._live = Live(refresh_per_second=20)
        self._live.__enter__()
        return self

    def __exit__(self, *error):
        return self._live.__exit__(*error)

    def write(self, table):
        """Draw the rows of one time."""
        from rich.text import Text

        from sslearn.cli._output import cell_text

        # A line that wraps cannot be replaced in place.
        width = min(self._live.console.width - 1, 73)
        marks = [str(row % 10) for row in table["track"]] if "track" in table else "●" * len(table)
        lines = compass_lines(table["azimuth"], marks, width)
        lines += [
            "  ".join(f"{name} {cell_text(name, value)}" for name, value in row.items())
            for row in table.to_dict("records")
        ]
        self._live.update(Text("\n".join(line[:width] for line in lines)))


@contextlib.contextmanager
def quit_key():
    """Watch the keyboard in the context.

    Yields
    ------
    pressed : callable
        Returns whether q was pressed; always False if standard input is no POSIX terminal.
    """
    try:
        import termios
        import tty
    except ImportError:
        yield lambda: False
        return
    if not sys.stdin.isatty():
        yield lambda: False
        return
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield lambda: bool(select.select([file], [], [], 0)[0]) and os.read(file, 1) in b"qQ"
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)
