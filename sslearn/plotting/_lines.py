"""Options of lines, whichever of their names is used."""


def line_options(defaults, given):
    """Options of ``ax.plot``: the defaults, overridden by those of the user.

    Parameters
    ----------
    defaults, given : dict
        Options, each by its name or short name (``linewidth`` or ``lw``).

    Returns
    -------
    options : dict
        Options by their names.
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return normalize_kwargs(defaults, Line2D) | normalize_kwargs(given, Line2D)
