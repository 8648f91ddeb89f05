"""Named warnings and errors, so that each can be filtered or caught on its own."""

from sklearn.exceptions import ConvergenceWarning

__all__ = [
    "AmbiguityWarning",
    "AngleUnitWarning",
    "ArrayMismatchWarning",
    "CollapsedEmbeddingWarning",
    "DeafMapWarning",
    "DurationWarning",
    "MissingDataWarning",
    "ModelFileError",
    "ModelVersionWarning",
    "SilenceWarning",
    "SpatialAliasingWarning",
    "UncertaintyWarning",
]


class AmbiguityWarning(UserWarning):
    """Two directions of the grid reach the microphones in the same way.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_grid, linear_array
    >>> X = np.random.default_rng(0).standard_normal((1, 4, 4000))
    >>> localizer = recipes.srp_phat(linear_array(4, 0.04), grid=circular_grid(10.0))
    >>> from sslearn.exceptions import AmbiguityWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", AmbiguityWarning)
    ...     localizer.fit(X)
    Traceback (most recent call last):
        ...
    sslearn.exceptions.AmbiguityWarning: mic_positions span a line...
    """


class AngleUnitWarning(UserWarning):
    """Targets that should be in degrees look like radians.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sslearn.geometry import check_doa
    >>> y = np.random.default_rng(0).uniform(-np.pi, np.pi, 40)
    >>> from sslearn.exceptions import AngleUnitWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", AngleUnitWarning)
    ...     check_doa(y, n_samples=40)
    Traceback (most recent call last):
        ...
    sslearn.exceptions.AngleUnitWarning: y ...
    """


class ArrayMismatchWarning(UserWarning):
    """A recording does not fit the description of its array.

    Examples
    --------
    >>> import warnings
    >>> from sslearn import recipes
    >>> from sslearn.datasets import make_plane_waves
    >>> from sslearn.geometry import circular_array
    >>> mics = circular_array(4, 0.05)
    >>> X, y = make_plane_waves(20, mic_positions=mics, random_state=0, return_X_y=True)
    >>> from sslearn.exceptions import ArrayMismatchWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", ArrayMismatchWarning)
    ...     recipes.tdoa(1000 * mics).fit(X)  # millimetres
    Traceback (most recent call last):
        ...
    sslearn.exceptions.ArrayMismatchWarning: mic_positions must be in metres...
    """


class CollapsedEmbeddingWarning(ConvergenceWarning):
    """Training ended with nearly the same embedding for all samples.

    Examples
    --------
    >>> from sklearn.exceptions import ConvergenceWarning
    >>> from sslearn.exceptions import CollapsedEmbeddingWarning
    >>> issubclass(CollapsedEmbeddingWarning, ConvergenceWarning)  # filters of that one act on it
    True
    """


class DeafMapWarning(ConvergenceWarning):
    """Training ended with maps of sounds in pictures that hardly depend on the sound.

    Examples
    --------
    >>> from sklearn.exceptions import ConvergenceWarning
    >>> from sslearn.exceptions import DeafMapWarning
    >>> issubclass(DeafMapWarning, ConvergenceWarning)  # filters of that one act on it
    True
    """


class DurationWarning(UserWarning):
    """A simulation will take more than a minute.

    Examples
    --------
    >>> import warnings
    >>> from sslearn.datasets import make_binaural
    >>> from sslearn.exceptions import DurationWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", DurationWarning)  # a long simulation is meant
    ...     clips = make_binaural(2, duration=0.1, random_state=0)
    """


class MissingDataWarning(UserWarning):
    """Files or boxes of a dataset are missing or useless, and left out.

    Examples
    --------
    >>> import warnings
    >>> import os, tempfile
    >>> from sslearn.datasets import load_soundnet_flickr
    >>> folder = tempfile.mkdtemp()
    >>> empty = "<bbox><label/><a>64</a><b>0</b><c>64</c><d>128</d></bbox>"
    >>> with open(os.path.join(folder, "1.xml"), "w") as file:
    ...     n_characters = file.write(f"<boxes><person>{empty}</person></boxes>")
    >>> from sslearn.exceptions import MissingDataWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", MissingDataWarning)
    ...     load_soundnet_flickr(None, folder)
    Traceback (most recent call last):
        ...
    sslearn.exceptions.MissingDataWarning: Of 1 boxes, 1 are empty...
    """


class ModelFileError(ValueError):
    """A file is not a model, is damaged or of a newer format, or holds untrusted names.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import sslearn
    >>> path = Path(tempfile.mkdtemp()) / "model.sslearn"
    >>> path.write_text("not a model")
    11
    >>> sslearn.load(path)
    Traceback (most recent call last):
        ...
    sslearn.exceptions.ModelFileError: ...
    """


class ModelVersionWarning(UserWarning):
    """A model was written by a newer version of sslearn.

    Examples
    --------
    >>> import tempfile
    >>> import warnings
    >>> from pathlib import Path
    >>> import sslearn
    >>> from sslearn import recipes
    >>> from sslearn.exceptions import ModelVersionWarning
    >>> path = Path(tempfile.mkdtemp()) / "model.sslearn"
    >>> sslearn.save(recipes.laplacian_eigenmaps(), path)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", ModelVersionWarning)  # refuse files of newer versions
    ...     model = sslearn.load(path)
    """


class SilenceWarning(UserWarning):
    """A clip or a channel is digital silence, which has no direction.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sslearn import recipes
    >>> from sslearn.geometry import circular_array
    >>> X = np.random.default_rng(0).standard_normal((1, 4, 4000))
    >>> localizer = recipes.srp_phat(circular_array(4, 0.05)).fit(X)
    >>> from sslearn.exceptions import SilenceWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", SilenceWarning)
    ...     localizer.predict(np.zeros_like(X))
    Traceback (most recent call last):
        ...
    sslearn.exceptions.SilenceWarning: X is silent...
    """


class SpatialAliasingWarning(UserWarning):
    """The microphones are too far apart for the frequencies in use.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sslearn import recipes
    >>> X = np.random.default_rng(0).standard_normal((1, 2, 4000))
    >>> localizer = recipes.srp_phat([[0, 0.5, 0], [0, -0.5, 0]], freq_range=(2000, 2050))
    >>> from sslearn.exceptions import SpatialAliasingWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", SpatialAliasingWarning)
    ...     localizer.fit(X)
    Traceback (most recent call last):
        ...
    sslearn.exceptions.SpatialAliasingWarning: mic_positions are too far apart...
    """


class UncertaintyWarning(UserWarning):
    """A prediction is a vector of nearly zero length, whose direction is uncertain.

    Examples
    --------
    >>> import warnings
    >>> from sslearn.encoding import UnitVectorEncoding
    >>> encoding = UnitVectorEncoding().fit([0.0, 90.0])
    >>> from sslearn.exceptions import UncertaintyWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", UncertaintyWarning)
    ...     encoding.inverse_transform([[0.0, 0.0]])
    Traceback (most recent call last):
        ...
    sslearn.exceptions.UncertaintyWarning: 1 of 1 outputs...
    """
