"""Shapes and sizes that network recipes can be built for."""

from math import prod

import numpy as np

from sslearn.utils.param_validation import Integral


def check_sizes(name, sizes):
    """Validate widths of layers.

    Parameters
    ----------
    name : str
        Name used in the message.
    sizes : iterable of int
        Widths.

    Returns
    -------
    sizes : tuple of int
        The same widths.

    Raises
    ------
    TypeError
        If ``sizes`` is not iterable.
    ValueError
        If a width is not a positive integer.
    """
    if not np.iterable(sizes):
        raise TypeError(f"{name} must be a tuple of int; got {sizes!r}.")
    sizes = tuple(sizes)
    if any(not isinstance(size, Integral) or size < 1 for size in sizes):
        raise ValueError(f"{name} must be positive integers; got {sizes}.")
    return tuple(int(size) for size in sizes)


def check_shape(name, shape):
    """Validate the shape of a sample or of an output: sizes, at least one."""
    shape = check_sizes(name, shape)
    if not shape:
        raise ValueError(f"{name} must have at least one size; got ().")
    return shape


def check_maps_shape(recipe, input_shape, *, min_maps=1, blocks=False):
    """Validate the shape of the maps of one sample.

    Parameters
    ----------
    recipe : NetworkRecipe
        Recipe that is named in messages.
    input_shape : tuple of int
        Shape of one sample.
    min_maps : int, default=1
        Least number of maps.
    blocks : bool, default=False
        Whether frames come in blocks.

    Returns
    -------
    input_shape : tuple of int
        ``(n_maps, n_freqs, n_frames)`` or ``(n_maps, n_freqs, n_blocks, n_block_frames)``.

    Raises
    ------
    ValueError
        If the number of axes or of maps is wrong.
    """
    axes = ("n_maps", "n_freqs", *(("n_blocks", "n_block_frames") if blocks else ("n_frames",)))
    name = type(recipe).__name__
    input_shape = check_shape("input_shape", input_shape)
    if len(input_shape) != len(axes):
        cure = "FrameBlocks after the maps" if blocks else "maps without FrameBlocks"
        raise ValueError(
            f"{name} needs samples of shape ({', '.join(axes)}); got input_shape={input_shape}. "
            f"Put {cure} before it."
        )
    if input_shape[0] < min_maps:
        raise ValueError(f"{name} needs at least {min_maps} maps; got input_shape={input_shape}.")
    return input_shape


def one_source(recipe, output_shape):
    """Number of outputs of a recipe for one source.

    Parameters
    ----------
    recipe : NetworkRecipe
        Recipe that is named in messages.
    output_shape : tuple of int
        Shape of one output.

    Returns
    -------
    n_outputs : int
        The only entry.

    Raises
    ------
    ValueError
        If there is more than one.
    """
    output_shape = check_shape("output_shape", output_shape)
    if len(output_shape) != 1:
        name = type(recipe).__name__
        raise ValueError(
            f"{name} answers for one source, output_shape (n_outputs,); got {output_shape}. "
            f"{name}Split answers for two."
        )
    return output_shape[0]


def two_sources(recipe, output_shape):
    """Number of outputs for each source of a recipe for two sources.

    Parameters
    ----------
    recipe : NetworkRecipe
        Recipe that is named in messages.
    output_shape : tuple of int
        Shape of one output.

    Returns
    -------
    n_outputs : int
        The second entry.

    Raises
    ------
    ValueError
        If the shape is not ``(2, n_outputs)``.
    """
    output_shape = check_shape("output_shape", output_shape)
    if len(output_shape) != 2 or output_shape[0] != 2:
        name = type(recipe).__name__
        raise ValueError(
            f"{name} answers for two sources, output_shape (2, n_outputs); got "
            f"{output_shape}. Give y of shape (n_samples, 2, 1), or take "
            f"{name.removesuffix('Split')} for one source."
        )
    return output_shape[1]


def check_mics(recipe, n_maps):
    """Number of microphones, at least two, of a recipe that takes two maps of each.

    Parameters
    ----------
    recipe : NetworkRecipe
        Recipe that is named in messages.
    n_maps : int
        Number of maps.

    Returns
    -------
    n_mics : int
        Half of them.

    Raises
    ------
    ValueError
        If the number is odd or below four.
    """
    if n_maps % 2 or n_maps < 4:
        raise ValueError(
            f"{type(recipe).__name__} needs two maps of each of at least 2 microphones; got "
            f"{n_maps} maps. Put RealImag before it, or a FeatureStack of levels and phases."
        )
    return n_maps // 2


def phases_per_bin(recipe, n_freqs, output_shape):
    """Number of cosines and sines that a recipe outputs in each bin, for all sources.

    Parameters
    ----------
    recipe : NetworkRecipe
        Recipe that is named in messages.
    n_freqs : int
        Number of bins.
    output_shape : tuple of int
        Shape of one output: ``(n_outputs,)`` or ``(n_sources, n_outputs)``.

    Returns
    -------
    n_phases : int
        ``n_sources n_outputs / n_freqs``.

    Raises
    ------
    ValueError
        If there are more axes, or the outputs are not cosines and sines of all bins.
    """
    if len(output_shape) > 2 or output_shape[-1] % (2 * n_freqs):
        raise ValueError(
            f"{type(recipe).__name__} outputs a cosine and a sine in each of {n_freqs} bins for "
            f"each pair of microphones, output_shape (n_outputs,) or (n_sources, n_outputs) with "
            f"a multiple of {2 * n_freqs} outputs; got {output_shape}. Give the encoding the n_fft "
            "of the maps, and leave out 0 Hz in both."
        )
    return prod(output_shape) // n_freqs
