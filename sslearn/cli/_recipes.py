"""Recipes to train, with their parameters as they are named on a command line."""

import ast
import sys
from inspect import signature

import click

from sslearn.cli._arrays import channels_of

# Written out, because a list of choices must not import the recipes; a test compares them.
RECIPES = (
    "ambisonic_crnn",
    "ambisonic_histogram",
    "feed_forward",
    "fn_ssl",
    "icodoa",
    "ipdnet",
    "ipdnet2",
    "laplacian_eigenmaps",
    "masked_srp_phat_network",
    "phase_network",
    "siamese",
    "spectrogram_network",
    "srp_dnn",
    "tf_mamba",
    "weakly_supervised_siamese",
)
_OPTIONS = {"max_epochs": "--epochs", "random_state": "--seed", "device": "--device",
            "n_jobs": "--jobs", "mic_positions": "--array"}  # fmt: skip
_JSON_WORDS = {"true": "True", "false": "False", "null": "None"}


class _SettingType(click.ParamType):
    name = "setting"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        key, equals, text = value.partition("=")
        if not key or not equals:
            return self.fail(f"{value!r} must be KEY=VALUE, such as radius=15.", param, ctx)
        try:
            return key, ast.literal_eval(_JSON_WORDS.get(text, text))
        except (SyntaxError, ValueError):
            return key, text


SETTING = _SettingType()


class Recipe:
    """A recipe to train, by its name.

    Parameters
    ----------
    name : str
        Name in :mod:`sslearn.recipes`.
    """

    def __init__(self, name):
        from sslearn import recipes

        self.name = name
        self._make = getattr(recipes, name)
        self._parameters = signature(self._make).parameters

    @property
    def layouts(self):
        """Layouts of y that it takes, as in ``read_labels``."""
        # Networks with microphone positions are for tracks, or have a number of angles.
        if "mic_positions" in self._parameters and "n_angles" not in self._parameters:
            return ("tracks",)
        return ("one", "sources") if "n_sources" in self._parameters else ("one",)

    def build(self, settings, labels, array=None, channels=None):
        """Estimator for labelled files.

        Parameters
        ----------
        settings : dict
            Parameters of the recipe, or of its estimator with ``__`` in their names.
        labels : Labels
            Training files.
        array : MicArray, default=None
            Microphones.
        channels : list of int, default=None
            Channels of the files that are used; all, or those of the device, if None.

        Returns
        -------
        estimator : estimator
            Localizer that is not fitted.
        """
        from sslearn.cli._learning import take_channels

        nested = {key: value for key, value in settings.items() if "__" in key}
        params = {key: value for key, value in settings.items() if "__" not in key}
        if array is not None:
            params["mic_positions"] = array.mic_positions
        elif "mic_positions" in self._parameters and "mic_positions" not in params:
            raise click.UsageError(f"recipe {self.name} needs --array.")
        self._check_names(params)
        if array is not None:
            n_channels = labels.infos[0].n_channels
            channels = channels_of(array, n_channels, channels=channels, name=labels.paths[0])
        if "n_angles" in self._parameters:
            params.setdefault("n_angles", 1 if labels.y.ndim == 1 else labels.y.shape[1])
        if "n_sources" in self._parameters and labels.y.ndim > 2:
            params.setdefault("n_sources", labels.y.shape[-2])
        if "verbose" in self._parameters:
            params.setdefault("verbose", int(sys.stderr.isatty()))
        estimator = self._make(**params)
        try:
            estimator.set_params(**nested)
        except ValueError as error:
            raise click.UsageError(f"--option names no part of the recipe. {error}") from error
        if channels is not None:
            take_channels(estimator, channels)
        return estimator

    def _check_names(self, params):
        for name in params:
            if name not in self._parameters:
                option = _OPTIONS.get(name, f"--option {name}")
                raise click.UsageError(
                    f"{option} is not for recipe {self.name}, whose parameters are "
                    f"{', '.join(self._parameters)}."
                )
