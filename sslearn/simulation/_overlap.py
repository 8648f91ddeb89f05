from numbers import Real

from sklearn.base import BaseEstimator

from sslearn.utils.param_validation import Interval

_KINDS = ("head_tail", "small", "start_or_end", "full")


class Overlap(BaseEstimator):
    """When each of two talkers speaks.

    Parameters
    ----------
    kinds : list of str, default=("head_tail", "small", "start_or_end", "full")
        Kinds of overlap to draw from with equal probability, see Notes.
    single : float, default=0.3
        Probability that the second talker is silent, and the first speaks all the time.

    See Also
    --------
    Trajectories : Paths of moving sources.

    Notes
    -----
    Frames of 0.1 s in which a talker does not speak are silent, and NaN in ``y``. With U the
    uniform distribution of whole numbers, in a clip of 4 s (40 frames):

    - head_tail: the first talker lacks the first U(0, 9) frames, the second the last U(0, 9);
    - small: the first talker keeps only U(20, 34) frames in the middle;
    - start_or_end: the first talker lacks U(0, 19) frames at the start or at the end;
    - full: both talk all the time.

    These are the mixtures that IPDnet2 is trained on [1]_; the probability of a single talker is
    that of its released program. In clips of other lengths, the bounds change in proportion.

    References
    ----------
    .. [1] Y. Wang, B. Yang, X. Li, "IPDnet2: an efficient and improved inter-channel phase
       difference estimation network for sound source localization", 2025, arXiv:2509.21900.

    Examples
    --------
    >>> from sslearn.simulation import ArrayReceiver, Overlap, simulate
    >>> data = simulate(
    ...     ArrayReceiver([[0, 0.1, 0], [0, -0.1, 0]]), 2, n_sources=2, max_order=0,
    ...     overlap=Overlap(["full"], single=0.0), random_state=0,
    ... )
    >>> data.target.shape, data.metadata["overlap"].tolist()
    ((2, 10, 2, 1), ['full', 'full'])
    """

    _parameter_constraints: dict = {
        "kinds": ["array-like"],
        "single": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, kinds=_KINDS, *, single=0.3):
        self.kinds = kinds
        self.single = single


def check_overlap(overlap, n_sources):
    """Validate an :class:`Overlap` or None, and return its parameters or None."""
    if overlap is None:
        return None
    if not isinstance(overlap, Overlap):
        raise TypeError(f"overlap must be an Overlap or None; got {overlap!r}.")
    overlap._validate_params()
    kinds = list(overlap.kinds)
    if not kinds or not set(kinds) <= set(_KINDS):
        raise ValueError(f"overlap: kinds must be some of {list(_KINDS)}; got {kinds}.")
    if n_sources != 2:
        raise ValueError(f"overlap needs n_sources=2; got {n_sources}.")
    return {"kinds": kinds, "single": overlap.single}


def draw_overlap(overlap, n_frames, rng):
    """Draw when two talkers speak, as columns of the plan.

    Parameters
    ----------
    overlap : dict
        Parameters, as :func:`check_overlap` returns them.
    n_frames : int
        Number of frames of a clip.
    rng : numpy Generator
        Random numbers.

    Returns
    -------
    columns : dict
        ``overlap``, and ``start_s`` and ``stop_s``: source ``s`` plays in frames ``start_s`` to
        ``stop_s - 1``.
    """
    # Shares of the 40 frames of 4 s: U(0, 9) is 1/4, U(20, 34) is 1/2 to 17/20, U(0, 19) is 1/2.
    kind = "single" if rng.random() < overlap["single"] else rng.choice(overlap["kinds"])
    first, second = [0, n_frames], [0, n_frames]
    if kind == "single":
        second = [0, 0]
    elif kind == "head_tail":
        lost, lost_too = rng.integers(max(1, n_frames // 4), size=2)
        first, second = [lost, n_frames], [0, n_frames - lost_too]
    elif kind == "small":
        low = max(1, n_frames // 2)
        kept = rng.integers(low, max(low, 17 * n_frames // 20) + 1)
        start = (n_frames - kept) // 2
        first = [start, start + kept]
    elif kind == "start_or_end":
        lost = rng.integers(max(1, n_frames // 2))
        first = [lost, n_frames] if rng.random() < 0.5 else [0, n_frames - lost]
    spans = {"start_0": first[0], "stop_0": first[1], "start_1": second[0], "stop_1": second[1]}
    return {"overlap": str(kind)} | {name: int(frame) for name, frame in spans.items()}
