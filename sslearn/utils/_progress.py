def track(iterable, description, *, total=None, verbose=0):
    """Iterate with a progress bar if ``verbose`` is not 0.

    Parameters
    ----------
    iterable : iterable
        Items.
    description : str
        Text in front of the bar.
    total : int, default=None
        Number of items; ``len(iterable)`` if None.
    verbose : int, default=0
        No bar if 0.

    Returns
    -------
    iterable
        The same items.

    Examples
    --------
    >>> from sslearn.utils import track
    >>> list(track(["a.wav", "b.wav"], "Reading", verbose=0))
    ['a.wav', 'b.wav']
    """
    if not verbose:
        return iterable
    from rich.progress import track as rich_track

    return rich_track(iterable, description=description, total=total)
