"""Reading and validation of pictures."""

import os

import numpy as np

from sslearn.utils._audio_files import path_as_str
from sslearn.utils._optional import import_optional


def read_image(path):
    """Read a picture file as RGB.

    Parameters
    ----------
    path : str or path-like
        JPEG, PNG, WebP, BMP, TIFF or any other file that Pillow decodes; the first picture of an
        animation.

    Returns
    -------
    image : ndarray of shape (height, width, 3), uint8
        The picture, upright by its EXIF orientation. Gray, palette and CMYK pictures are
        converted; what is transparent is shown on white.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If Pillow is not installed.
    OSError
        If the file is empty, truncated or not a picture.
    TypeError
        If ``path`` is not a path.
    ValueError
        If the picture has more than 8 bits per sample, which would have to be cut.

    Notes
    -----
    Pillow reads colour PNG files of 16 bits as 8 bits; only gray ones raise an error.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from sslearn.utils import read_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "gray.png")
    ...     Image.new("L", (4, 3), 128).save(path)
    ...     image = read_image(path)
    >>> image.shape, image.dtype, image.max().item()
    ((3, 4, 3), dtype('uint8'), 128)
    """
    path = path_as_str(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"The file {path!r} does not exist or is no file.")
    if os.path.getsize(path) == 0:
        raise OSError(f"The file {path!r} is empty.")
    pil = import_optional("PIL.Image", "read_image")
    try:
        with pil.open(path) as file:
            image = _upright(file)
            # The type of the error of a broken file depends on its decoder.
            if not image.mode.startswith(("I", "F")):
                return np.array(_as_rgb(image, pil))
    except (OSError, SyntaxError, ValueError, pil.DecompressionBombError) as error:
        raise OSError(f"The file {path!r} is no readable picture: {error}") from error
    raise ValueError(
        f"The file {path!r} must hold 8 bits per sample; got a picture of mode {image.mode!r}. "
        "Scale it to 0..255 and save it again."
    )


def check_image(image, *, name="image"):
    """Validate an RGB picture.

    Parameters
    ----------
    image : ndarray of shape (height, width, 3), uint8
        Picture.
    name : str, default="image"
        Name used in messages.

    Returns
    -------
    image : ndarray of shape (height, width, 3), uint8
        The same array.

    Raises
    ------
    TypeError
        If it is not an array or its values are not uint8.
    ValueError
        If the shape is wrong or the picture has no pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from sslearn.utils import check_image
    >>> check_image(np.zeros((48, 64, 3), np.uint8)).shape
    (48, 64, 3)
    """
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"{name} must be an array of shape (height, width, 3), uint8; got a "
            f"{type(image).__name__}. Did you mean np.asarray(image)?"
        )
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"{name} must have shape (height, width, 3); got {image.shape}."
            + _SHAPE_CURES.get(_layout(image.shape), "")
        )
    if image.dtype != np.uint8:
        raise TypeError(
            f"{name} must be uint8, with values 0..255; got dtype {image.dtype}. "
            + _DTYPE_CURES.get(image.dtype.kind, "Convert it.")
        )
    if image.size == 0:
        raise ValueError(f"{name} must have pixels; got shape {image.shape}.")
    return image


_SHAPE_CURES = {
    "gray": " A gray picture? Use np.stack([image] * 3, axis=-1).",
    "gray channel": " A gray picture? Use np.repeat(image, 3, axis=-1).",
    "alpha": " RGBA? Use image[..., :3], without the transparency.",
    "channels first": " Channels first? Use np.moveaxis(image, 0, -1).",
    "several": " Several pictures? Use a row of X for each: list(images).",
}
_DTYPE_CURES = {
    "f": "If it is in 0..1, use np.round(255 * image).astype(np.uint8).",
    "u": "If it has 16 bits, use (image // 257).astype(np.uint8).",
    "i": "If its values are 0..255, use image.astype(np.uint8).",
    "b": "Use 255 * image.astype(np.uint8).",
}


def _layout(shape):
    if len(shape) == 4:
        return "several"
    if len(shape) != 3:
        return "gray" if len(shape) == 2 else None
    last = {1: "gray channel", 4: "alpha"}.get(shape[2])
    return last or ("channels first" if shape[0] == 3 else None)


def _upright(file):
    """The picture, turned by its EXIF orientation."""
    return import_optional("PIL.ImageOps", "read_image").exif_transpose(file)


def _as_rgb(image, pil):
    if not image.has_transparency_data:
        return image.convert("RGB")
    # Converting to RGB would show the colours under transparent pixels.
    image = image.convert("RGBA")
    return pil.alpha_composite(pil.new("RGBA", image.size, "white"), image).convert("RGB")
