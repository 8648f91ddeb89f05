"""Tracks of talkers in directions that arrive over time."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from sslearn.geometry import (
    angles_to_unit_vectors,
    check_directions,
    check_multi_doa,
    unit_vectors_to_angles,
)
from sslearn.streaming._kalman import GreatCircleFilter, angles_between
from sslearn.utils import to_numbers
from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions, validated

_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]


class TrackedDirections(NamedTuple):
    """Tracks at one time.

    Parameters
    ----------
    identities : ndarray of shape (n_tracks,)
        Number of each track, from 0 in the order of their appearance.
    directions : ndarray of shape (n_tracks, n_angles)
        Azimuths, or azimuths and elevations, in degrees.
    are_observed : ndarray of shape (n_tracks,), bool
        Whether a direction was found for the track at this time; else its place is extrapolated.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.streaming import TrackedDirections
    >>> tracks = TrackedDirections(
    ...     np.array([0, 2]), np.array([[30.0], [-60.0]]), np.array([True, False])
    ... )
    >>> tracks.directions[tracks.are_observed]
    array([[30.]])
    """

    identities: np.ndarray
    directions: np.ndarray
    are_observed: np.ndarray


@dataclass
class _Track:
    """Filter of a talker, time of its last direction, their number, and its identity or None."""

    kalman: GreatCircleFilter
    last_time: float
    n_hits: int = 1
    identity: int | None = None

    def correct(self, vector, time):
        """Correct the track by a direction."""
        self.kalman.correct(vector)
        self.last_time = time
        self.n_hits += 1


class DirectionTracker:
    """Tracks with identities in the directions of several talkers, by Kalman filters.

    Parameters
    ----------
    motion : {"velocity", "walk"}, default="velocity"
        Whether talkers keep their velocity but for random changes, or their place.
    noise : float, default=4.0
        Standard deviation of the error of a direction, in degrees.
    drift : float, default=20.0
        Standard deviation of the change within 1 s: of the velocity in degrees per second, or, of
        a walk, of the direction in degrees.
    gate : float, default=15.0
        Largest angle in degrees between a track and a direction that belongs to it. A direction
        within this angle of a track starts no other one.
    n_hits : int, default=4
        Number of directions in a row that confirm a track.
    hold : float, default=0.2
        Seconds of silence during which a track is still returned, at its extrapolated place.
    max_silence : float, default=1.5
        Seconds of silence after which a track ends; until then a talker who goes on keeps the
        identity.
    min_score : float, default=None
        Directions with lower scores are not used; None uses all.

    See Also
    --------
    StreamingLocalizer : Source of the directions.
    sslearn.metrics.identity_switches : How often a talker gets another identity.

    Notes
    -----
    The state of a track is a point on the sphere and a velocity tangent to it. The noise is the
    same in all directions, so one covariance ``P``, 2 x 2, of place and velocity serves both
    tangent axes. With ``F = [[1, t], [0, 1]]`` the prediction after ``t`` seconds moves along the
    great circle of the velocity, ``P <- F P F^T + drift^2 [[t^3/3, t^2/2], [t^2/2, t]]``. The
    innovation is the tangent vector to the direction found, so nothing wraps, neither at 180
    degrees nor at the poles; the gain is ``(P_11, P_12) / (P_11 + noise^2)``, and both parts of the
    correction are carried along its great circle. Azimuths alone are points of the horizontal
    circle, on which this is a wrapped Kalman filter [1]_. A walk has no velocity and
    ``P_11 <- P_11 + drift^2 t``.

    Directions are assigned to tracks with the least sum of angles, first to confirmed tracks, then
    to those with fewer than ``n_hits`` directions, which end with the first miss.

    References
    ----------
    .. [1] J. Traa and P. Smaragdis, "A wrapped Kalman filter for azimuthal speaker tracking", IEEE
       Signal Processing Letters 20(12), 2013, doi:10.1109/LSP.2013.2287125.

    Examples
    --------
    >>> from sslearn.streaming import DirectionTracker
    >>> tracker = DirectionTracker(n_hits=2)
    >>> for time, azimuths in [(0.0, [176.0]), (0.1, [178.0, 20.0]), (0.2, [20.0, -180.0])]:
    ...     tracks = tracker.update(time, [[azimuth] for azimuth in azimuths])
    ...     print(tracks.identities, tracks.directions[:, 0].round(1))
    [] []
    [0] [177.1]
    [0 1] [178.7  20. ]
    """

    @validated(
        motion=[StrOptions({"velocity", "walk"})],
        noise=_POSITIVE,
        drift=_NOT_NEGATIVE,
        gate=[Interval(Real, 0, 180, closed="right")],
        n_hits=[Interval(Integral, 1, None, closed="left")],
        hold=_NOT_NEGATIVE,
        max_silence=_NOT_NEGATIVE,
        min_score=[Real, None],
    )
    def __init__(
        self,
        *,
        motion="velocity",
        noise=4.0,
        drift=20.0,
        gate=15.0,
        n_hits=4,
        hold=0.2,
        max_silence=1.5,
        min_score=None,
    ):
        self.motion = motion
        self.noise = noise
        self.drift = drift
        self.gate = gate
        self.n_hits = n_hits
        self.hold = hold
        self.max_silence = max_silence
        self.min_score = min_score
        self.reset()

    def reset(self):
        """Remove all tracks, and count identities from 0.

        Returns
        -------
        self : DirectionTracker
            The tracker.
        """
        self._tracks, self._time, self._n_identities, self._n_angles = [], None, 0, None
        return self

    def update(self, time, directions, scores=None):
        """Continue the tracks with the directions found at one time.

        Parameters
        ----------
        time : float
            Seconds, later than before.
        directions : array-like of shape (n_sources, n_angles)
            Azimuths, or azimuths and elevations, in degrees, in any order; NaN where a source is
            absent.
        scores : array-like of shape (n_sources,), default=None
            Scores of the directions, for ``min_score``.

        Returns
        -------
        tracks : TrackedDirections
            Tracks of at least ``n_hits`` directions, the last one within ``hold`` seconds, in the
            order of their identities.

        Raises
        ------
        ValueError
            If the directions or scores are not valid, or ``time`` is not later than before.
        """
        vectors = self._check_directions(directions, scores)
        self._advance(time)
        self._n_angles = np.shape(directions)[1]
        for are_confirmed in (True, False):
            tracks = [track for track in self._tracks if self._is_confirmed(track) == are_confirmed]
            vectors = self._correct(tracks, vectors, time)
        self._end(time)
        self._start(vectors, time)
        return self._answer(time)

    def track(self, times, directions, scores=None):
        """Track through a whole recording, from a new start.

        Parameters
        ----------
        times : array-like of shape (n_times,)
            Seconds, ascending.
        directions : array-like of shape (n_times, n_sources, n_angles)
            Directions in degrees, NaN where a source is absent.
        scores : array-like of shape (n_times, n_sources), default=None
            Scores of the directions, for ``min_score``.

        Returns
        -------
        tracks : ndarray of shape (n_times, n_tracks, n_angles)
            What :meth:`update` returns at each time: column i is the track with identity i, NaN
            where it is absent. A single column of NaN if there is none.

        Raises
        ------
        ValueError
            As :meth:`update`, or if the lengths differ.
        """
        times = to_numbers(times, "times", "seconds")
        directions = check_multi_doa(directions, name="directions")
        if times.shape != directions.shape[:1] or directions.ndim != 3:
            raise ValueError(
                "times and directions must have shapes (n_times,) and (n_times, n_sources, "
                f"n_angles); got {times.shape} and {directions.shape}."
            )
        scores = [None] * len(times) if scores is None else scores
        if len(scores) != len(times):
            raise ValueError(f"scores must have {len(times)} rows; got {len(scores)}.")
        self.reset()
        found = [self.update(*row) for row in zip(times, directions, scores, strict=True)]
        tracks = np.full((len(times), max(1, self._n_identities), directions.shape[2]), np.nan)
        for row, tracked in zip(tracks, found, strict=True):
            row[tracked.identities] = tracked.directions
        return tracks

    def _check_directions(self, directions, scores):
        """Unit vectors of the directions that are present and have at least ``min_score``."""
        directions = to_numbers(directions, "directions", "angles in degrees")
        known = (1, 2) if self._n_angles is None else (self._n_angles,)
        if directions.ndim != 2 or directions.shape[1] not in known:
            raise ValueError(
                "directions must have shape (n_sources, n_angles), with 1 or 2 angles, as many at "
                f"all times; got {directions.shape}."
            )
        used = ~np.isnan(directions[:, 0])
        if scores is not None:
            scores = to_numbers(scores, "scores")
            if scores.shape != used.shape:
                raise ValueError(f"scores must have shape {used.shape}; got {scores.shape}.")
            if self.min_score is not None:
                used &= ~(scores < self.min_score)
        found = directions[used]
        if not len(found):
            return np.empty((0, 3))
        found = check_directions(found[:, 0] if found.shape[1] == 1 else found, name="directions")
        return angles_to_unit_vectors(found)

    def _is_confirmed(self, track):
        return track.n_hits >= self.n_hits

    def _advance(self, time):
        if not np.isfinite(time) or (self._time is not None and time <= self._time):
            raise ValueError(
                f"time must be finite and later than before, {self._time}; got {time}. Call reset "
                "at the start of another signal."
            )
        # A track that was silent for too long between two updates ends, too.
        self._tracks = [t for t in self._tracks if time - t.last_time <= self.max_silence]
        for track in self._tracks:
            track.kalman.advance(time - self._time)
        self._time = time

    def _correct(self, tracks, vectors, time):
        """Assign directions to tracks, and return the remaining directions."""
        angles = angles_between([track.kalman.position for track in tracks], vectors)
        # A pair beyond the gate costs more than any number of pairs within it.
        rows, columns = linear_sum_assignment(np.where(angles <= self.gate, angles, 1e6))
        pairs = [(i, j) for i, j in zip(rows, columns, strict=True) if angles[i, j] <= self.gate]
        for i, j in pairs:
            tracks[i].correct(vectors[j], time)
        return np.delete(vectors, [j for _, j in pairs], axis=0)

    def _end(self, time):
        """Drop tracks that have been silent for too long, unconfirmed ones at once."""
        self._tracks = [
            track
            for track in self._tracks
            if time - track.last_time <= (self.max_silence if self._is_confirmed(track) else 0)
        ]

    def _start(self, vectors, time):
        """Start a track at each remaining direction beyond the gates of all tracks."""
        for vector in vectors:
            positions = [track.kalman.position for track in self._tracks]
            if (angles_between(positions, vector[None]) > self.gate).all():
                kalman = GreatCircleFilter(vector, self.motion, self.noise, self.drift)
                self._tracks.append(_Track(kalman, time))

    def _answer(self, time):
        for track in self._tracks:
            if track.identity is None and self._is_confirmed(track):
                track.identity, self._n_identities = self._n_identities, self._n_identities + 1
        recent = [track for track in self._tracks if track.identity is not None]
        recent = [track for track in recent if time - track.last_time <= self.hold]
        recent.sort(key=lambda track: track.identity)
        positions = np.array([track.kalman.position for track in recent]).reshape(-1, 3)
        return TrackedDirections(
            np.array([track.identity for track in recent], dtype=int),
            unit_vectors_to_angles(positions)[:, : self._n_angles],
            np.array([track.last_time == time for track in recent], dtype=bool),
        )
