"""From a file to rows of directions, by a known array or by a saved model."""

import math
from collections import namedtuple
from inspect import signature

import click

from sslearn.cli._arrays import channels_of
from sslearn.cli._output import notes

# Seconds of a file, None to its end, and the channels that are the microphones, None for all.
Part = namedtuple("Part", ["start", "duration", "channels"], defaults=[0.0, None, None])
_ANGLES = ("azimuth", "elevation", "distance")
# Seconds of which two channels take a quarter of a gigabyte with their spectra.
_LONG = 600.0


def heard(path, fs, say):
    """Rate, channels and length of a file; note if it will be resampled to ``fs``."""
    from sslearn.utils import audio_info

    info = audio_info(path)
    if info.fs != fs:
        say(f"Audio of {info.fs} Hz is resampled to {fs:g} Hz.")
    return info


class ArrayLocator:
    """Classical localizer of recordings of one array.

    Parameters
    ----------
    method : str
        Name of a classical recipe.
    array : MicArray or None
        Microphones; None for ambisonic audio.
    elevation : bool, default=False
        Whether elevations are found, too.
    every : float, default=None
        Seconds of one estimate; None makes one of the whole file.
    **params : dict
        Parameters of the recipe; those that are None are left at their defaults.
    """

    def __init__(self, method, array, *, elevation=False, every=None, **params):
        from sslearn import recipes

        recipe, self.n_sources = getattr(recipes, method), params["n_sources"]
        if "n_sources" not in signature(recipe).parameters:
            if self.n_sources > 1:
                raise click.UsageError(
                    f"--sources {self.n_sources} is not for --method {method}, which finds one."
                )
            del params["n_sources"]
        self.array, self.every, self.elevation = array, every, elevation
        mics = () if array is None else (array.mic_positions,)
        params = {name: value for name, value in params.items() if value is not None}
        self.localizer = recipe(*mics, block_duration=every, **params)
        self.fs, self._say = self.localizer.fs, notes()

    def table(self, path, name, part):
        """Rows of directions of a part of a file.

        Parameters
        ----------
        path : str
            File to read.
        name : str
            Its name in the table and in messages.
        part : Part
            Part of the file to read.

        Returns
        -------
        table : DataFrame
            Columns ``time`` (with ``every``), ``source`` (of several), angles and ``score``.
        """
        track = self.fitted(path, name, part).predict_track([path]).drop(columns="sample")
        track["time"] += part.start
        if self.every is not None:
            self._say_step(track["time"])
        else:
            # A source that was not found keeps its row.
            track = track.drop(columns="time").set_index("source")
            track = track.reindex(range(self.n_sources)).reset_index()
        return track if self.n_sources > 1 else track.drop(columns="source")

    def _say_step(self, times):
        import numpy as np

        steps = np.diff(np.unique(times))
        if steps.size and not np.isclose(steps.min(), self.every):
            self._say(
                f"Estimates are {steps.min():g} s apart, a whole number of frames, instead of "
                f"--every {self.every:g}."
            )

    def fitted(self, path, name, part):
        """Localizer for a part of a file."""
        import numpy as np
        from sklearn.base import clone

        reader = {"offset": part.start, "duration": part.duration}
        reader["channels"] = self._channels(path, name, part)
        localizer = clone(self.localizer).set_params(
            **{f"batch_transform__audioreader__{key}": value for key, value in reader.items()}
        )
        return localizer.fit([path], np.zeros((1, 2)) if self.elevation else None)

    def _channels(self, path, name, part):
        n_channels = heard(path, self.fs, self._say).n_channels
        if self.array is not None:
            channels = channels_of(self.array, n_channels, channels=part.channels, name=name)
            if channels != part.channels:
                self._say(f"The microphones are the channels {channels} of {n_channels}.")
            return channels
        n_wanted = n_channels if part.channels is None else len(part.channels)
        if n_wanted != 4:
            raise ValueError(
                f"{name} must have the 4 channels of first-order ambisonics; got {n_wanted}. Give "
                "--channels 0-3, or --array and another --method for single microphones."
            )
        return part.channels


class ModelLocator:
    """Localizer of a model file.

    Parameters
    ----------
    path : str
        Model file.
    every : float, default=None
        Seconds from one estimate to the next, each of a part of this length, or of that which the
        model was made for; None makes one estimate.
    fs : float, default=None
        Sampling rate in Hz, for a model without one.
    """

    def __init__(self, path, *, every=None, fs=None):
        from sslearn.persistence import load

        self._use(load(path), path, every, fs)

    def _use(self, estimator, path, every, fs):
        from sslearn.persistence import input_contract

        self.estimator, self.every = estimator, every
        contract = input_contract(estimator)
        self.n_channels, self.has_frames = contract["n_channels"], bool(contract["tracks"])
        self.length = contract["duration"]
        self.fs, self._say = self._rate(path, contract["fs"], fs), notes()
        if every is not None and self.has_frames:
            raise click.UsageError(f"--every is not for {path}, whose tracks have frames.")

    def table(self, path, name, part):
        """Rows of directions of a part of a file, as those of :class:`ArrayLocator`.

        Parameters
        ----------
        path : str
            File to read.
        name : str
            Its name in messages.
        part : Part
            Part of the file to read.

        Returns
        -------
        table : DataFrame
            Columns ``time`` (with ``every``, or of a track), ``source`` (of several) and angles,
            for a track also ``score``.
        """
        import pandas as pd

        info = heard(path, self.fs, self._say)
        self._check_channels(info, name, part)
        if self.has_frames:
            track = self.estimator.predict_track(self._read(path, part)).drop(columns="sample")
            return track.assign(time=track["time"] + part.start)
        tables = []
        for start, length in self._spans(info, name, part):
            piece = Part(start, length, part.channels)
            rows = _rows(self.estimator.predict(self._read(path, piece)))
            rows.insert(0, "time", start + length / 2)
            tables.append(rows)
        table = pd.concat(tables, ignore_index=True)
        return table.drop(columns="time") if self.every is None else table

    def _rate(self, path, known, given):
        if known is None and given is None:
            raise click.UsageError(f"{path} does not state its sampling rate; give --fs.")
        if None not in (known, given) and known != given:
            raise click.UsageError(f"--fs must be that of {path}, {known:g} Hz; got {given:g}.")
        return given if known is None else known

    def _check_channels(self, info, name, part):
        n_found = info.n_channels if part.channels is None else len(part.channels)
        if self.n_channels not in (None, n_found):
            raise ValueError(
                f"{name} must have the {self.n_channels} channels of the model; got {n_found}. "
                "Give --channels."
            )

    def _spans(self, info, name, part):
        """Start and length of each part to locate; the last one ends with the file."""
        rest = info.n_times / info.fs - part.start
        total = rest if part.duration is None else part.duration
        length = self.length or self.every or total
        if self.every is None:
            if total > length:
                self._say(f"The model uses {length:g} s of each file; --every adds the rest.")
            if length > _LONG:
                self._say(f"{name}: {length:.0f} s are read at once; --every bounds the memory.")
            return [(part.start, length)]
        if total < length:
            raise ValueError(f"{name} lasts {total:g} s, less than the {length:g} s of a part.")
        # 1e-9, so that rounding does not add a span.
        n_spans = 1 + math.ceil((total - length) / self.every - 1e-9)
        starts = [min(i * self.every, total - length) for i in range(n_spans)]
        return [(part.start + start, length) for start in starts]

    def _read(self, path, part):
        from sslearn.features import AudioReader

        span = {"offset": part.start, "duration": part.duration, "channels": part.channels}
        return AudioReader(self.fs, **span).transform([path])


class PretrainedLocator(ModelLocator):
    """Network with weights of the package for first-order ambisonics.

    Parameters
    ----------
    method : str
        Name of the recipe.
    every : float, default=None
        Seconds of one estimate; None makes one of the whole file.
    n_sources : int, default=1
        Number of sources; the network finds one.
    fs : float, default=None
        Sampling rate in Hz.
    elevation : bool, default=False
        Ignored: it finds elevations.
    **params : dict
        Further parameters of the recipe; those that are None are left at their defaults.
    """

    def __init__(self, method, *, every=None, n_sources=1, fs=None, elevation=False, **params):
        import numpy as np

        from sslearn import recipes

        if n_sources > 1:
            raise click.UsageError(
                f"--sources {n_sources} is not for --method {method}, which finds one."
            )
        params = {name: value for name, value in {**params, "fs": fs}.items() if value is not None}
        localizer = getattr(recipes, method)(weights="pretrained", **params)
        # Its fit stores the number of channels alone; a second is the window of a stream.
        length = round(localizer.batch_transform.named_steps["audioreader"].fs)
        noise = np.random.default_rng(0).standard_normal((1, 4, length))
        self._use(localizer.fit(noise), method, every, fs)


def _rows(y):
    """Table of the directions of one clip, of any layout of y without frames."""
    import numpy as np
    import pandas as pd

    sources = np.asarray(y)[0]
    table = np.atleast_2d(sources)
    rows = pd.DataFrame(table, columns=list(_ANGLES[: table.shape[1]]))
    if sources.ndim == 2:
        rows.insert(0, "source", range(len(rows)))
    return rows
