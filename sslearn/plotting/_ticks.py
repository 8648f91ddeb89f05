import numpy as np


def round_ticks(low, high, most=8):
    """Multiples of a step for angles, with at most the given number of steps."""
    step = next(step for step in (5, 15, 30, 45, 90) if (high - low) / step <= most)
    # Adding 0 turns the -0.0 of a slightly negative limit into 0.0, which has no sign when printed.
    return np.arange(np.ceil(low / step), high // step + 1) * step + 0.0


def degrees(angle):
    """Label of an angle, with the minus sign that matplotlib uses."""
    return f"{angle:.0f}°".replace("-", "\N{MINUS SIGN}")
