"""Local copies of pictures with sound, and the boxes of what sounds in them."""

import json
import os
import warnings
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from sslearn.datasets._files import AUDIO_SUFFIXES, check_file, check_folder, find_files
from sslearn.exceptions import MissingDataWarning
from sslearn.utils.param_validation import validated

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_SOUNDNET_GRID = 256  # the annotators saw pictures of this side
_PARAMETERS = {
    "names": ["array-like", str, os.PathLike, None],
    "image_folder": [str, os.PathLike],
    "audio_folder": [str, os.PathLike],
    "return_X_y": ["boolean"],
}


@validated(**_PARAMETERS)
def load_soundnet_flickr(
    folder,
    annotations=None,
    *,
    names=None,
    image_folder="frames",
    audio_folder="audio",
    return_X_y=False,
):
    """Find pairs of picture and sound in a local copy of SoundNet-Flickr, with their boxes.

    Parameters
    ----------
    folder : str, path-like or None
        Folder of the copy, see Notes. None reads the annotations alone.
    annotations : str or path-like, default=None
        Folder of the annotations, one file ``<name>.xml`` for each picture. None if there are
        none, as for training.
    names : str, path-like or list of str, default=None
        Names to load, without suffix: a list, or a table (CSV) with the names in its first column
        and without a header, such as the list of the 249 test pictures. All that have annotations,
        or else all that have a picture and a sound, if None.
    image_folder, audio_folder : str or path-like, default="frames" and "audio"
        Folders of pictures and of sounds inside ``folder``, or absolute.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    pairs : Bunch or tuple of (DataFrame, ndarray)
        With the keys

        - ``data`` : DataFrame with the columns ``image`` and ``audio``, paths; None without
          ``folder``.
        - ``target`` : ndarray of shape (n_samples, n_boxes, 4), one box per annotator, x_min,
          y_min, x_max, y_max as fractions of the picture, from its upper left corner; NaN where a
          picture has fewer. None without ``annotations``.
        - ``metadata`` : DataFrame with the columns ``name`` and, with ``annotations``,
          ``n_boxes``.

    Raises
    ------
    FileNotFoundError
        If a folder or a file is missing, or no pair is complete.
    ValueError
        If an annotation is not as in Notes.

    Warns
    -----
    MissingDataWarning
        If pairs are left out, as their picture, sound or annotation is missing; if boxes are empty,
        which drops them, or reach beyond the picture, which cuts them.

    See Also
    --------
    load_vggss : Boxes of 221 classes, one or several per picture.

    Notes
    -----
    Expected layout: ``<folder>/frames/<name>.jpg`` and ``<folder>/audio/<name>.wav``, or of other
    formats. An annotation holds elements, one per annotator, with elements ``bbox``, which hold a
    first element of any content and four whole numbers, x_min, y_min, x_max and y_max on a grid of
    256 x 256 for the whole picture. Other elements are skipped.

    Published figures count a pixel in full where two annotators agree: score with
    ``agreement=2``.

    References
    ----------
    .. [1] A. Senocak, T.-H. Oh, J. Kim, M.-H. Yang, I. S. Kweon, "Learning to localize sound source
       in visual scenes", CVPR, 2018, 4358-4366, doi:10.1109/CVPR.2018.00458.
    .. [2] Y. Aytar, C. Vondrick, A. Torralba, "SoundNet: learning sound representations from
       unlabeled video", NeurIPS, 2016, 892-900.

    Examples
    --------
    >>> import os, tempfile
    >>> from sslearn.datasets import load_soundnet_flickr
    >>> box = "<bbox><label/><a>64</a><b>0</b><c>256</c><d>128</d></bbox>"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(os.path.join(folder, "10000130166.xml"), "w") as file:
    ...         n_characters = file.write(f"<boxes><person>{box}</person></boxes>")
    ...     pairs = load_soundnet_flickr(None, folder)
    >>> pairs.target.tolist()
    [[[0.25, 0.0, 1.0, 0.5]]]
    """
    table = None
    if annotations is not None:
        paths = find_files(check_folder(annotations, "annotations"), "*.xml")
        table = {name: {"boxes": _read_xml(path)} for name, path in paths.items()}
    pairs = _load_pairs(folder, table, names, image_folder, audio_folder)
    return (pairs.data, pairs.target) if return_X_y else pairs


@validated(**_PARAMETERS)
def load_vggss(
    folder,
    annotations=None,
    *,
    names=None,
    image_folder="frames",
    audio_folder="audio",
    return_X_y=False,
):
    """Find pairs of picture and sound in a local copy of VGG-Sound, with the boxes of VGG-SS.

    Parameters
    ----------
    folder : str, path-like or None
        Folder of the copy, see Notes. None reads the annotations alone.
    annotations : str or path-like, default=None
        File ``vggss.json`` of the authors. None if there are none, as for training.
    names : str, path-like or list of str, default=None
        Names to load, without suffix: a list, or a table (CSV) with the names in its first column
        and without a header. All that have annotations, or else all that have a picture and a
        sound, if None.
    image_folder, audio_folder : str or path-like, default="frames" and "audio"
        Folders of pictures and of sounds inside ``folder``, or absolute.
    return_X_y : bool, default=False
        Whether ``(data, target)`` is returned instead of a Bunch.

    Returns
    -------
    pairs : Bunch or tuple of (DataFrame, ndarray)
        With the keys

        - ``data`` : DataFrame with the columns ``image`` and ``audio``, paths; None without
          ``folder``.
        - ``target`` : ndarray of shape (n_samples, n_boxes, 4), x_min, y_min, x_max, y_max as
          fractions of the picture, from its upper left corner; NaN where a picture has fewer.
          None without ``annotations``.
        - ``metadata`` : DataFrame with the columns ``name`` and, with ``annotations``, ``class``
          and ``n_boxes``.

    Raises
    ------
    FileNotFoundError
        If a folder or a file is missing, or no pair is complete.
    ValueError
        If the annotations are not as in Notes.

    Warns
    -----
    MissingDataWarning
        If pairs are left out, as their picture, sound or annotation is missing; if boxes are empty,
        which drops them, or reach beyond the picture, which cuts them.

    See Also
    --------
    load_soundnet_flickr : Boxes of three annotators per picture.
    make_scenes : Pictures and sounds without a local copy.

    Notes
    -----
    Expected layout: ``<folder>/frames/<name>.jpg`` and ``<folder>/audio/<name>.wav``, or of other
    formats, where a name is that of the annotations, ``<video>_<start in seconds, 6 digits>``. The
    annotations are a list of ``{"file": name, "class": class, "bbox": [[x_min, y_min, x_max,
    y_max], ...]}``.

    The authors' file has 5,158 pictures in 221 classes and 5,941 boxes, of which 18 are empty; they
    are dropped. Two pictures, M1P1xla8rg0_000000 and MKC9LvRivTM_000030, are left without a
    box: nothing that is predicted for them counts as right.

    A disc in the middle of the picture, with a radius of 0.4 of its side, reaches a consensus IoU
    of 0.5 in 34 % of the pictures: print it beside any system.

    References
    ----------
    .. [1] H. Chen, W. Xie, T. Afouras, A. Nagrani, A. Vedaldi, A. Zisserman, "Localizing visual
       sounds the hard way", CVPR, 2021, 16867-16876, doi:10.1109/CVPR46437.2021.01659.
    .. [2] H. Chen, W. Xie, A. Vedaldi, A. Zisserman, "VGGSound: a large-scale audio-visual
       dataset", ICASSP, 2020, 721-725, doi:10.1109/ICASSP40776.2020.9053174.

    Examples
    --------
    >>> import json, os, tempfile
    >>> from sslearn.datasets import load_vggss
    >>> item = {"file": "zpWuikVorYg_000032", "class": "elk bugling"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "vggss.json")
    ...     with open(path, "w") as file:
    ...         json.dump([item | {"bbox": [[0.4, 0.2, 0.6, 0.8]]}], file)
    ...     pairs = load_vggss(None, path)
    >>> pairs.target.tolist(), pairs.metadata["class"].tolist()
    ([[[0.4, 0.2, 0.6, 0.8]]], ['elk bugling'])
    """
    table = None if annotations is None else _read_vggss(check_file(annotations, "annotations"))
    pairs = _load_pairs(folder, table, names, image_folder, audio_folder)
    return (pairs.data, pairs.target) if return_X_y else pairs


def _read_xml(path):
    """Boxes (n_boxes, 4) of a file of SoundNet-Flickr, as fractions."""
    try:
        boxes = ElementTree.parse(path).getroot().findall("./*/bbox")
        numbers = [[int(side.text) for side in box[1:5]] for box in boxes]
        return np.array(numbers, dtype=float).reshape(len(boxes), 4) / _SOUNDNET_GRID
    except (ElementTree.ParseError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} must hold elements bbox, each with a first element and four whole numbers, "
            f"x_min, y_min, x_max and y_max: {error}."
        ) from error


def _read_vggss(path):
    """Class and boxes (n_boxes, 4) of each name."""
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError
        raise ValueError(f"{path} must be a JSON file: {error}.") from error
    table = {}
    for i, item in enumerate(items if isinstance(items, list) else [items]):
        try:
            boxes = np.array(item["bbox"], dtype=float).reshape(len(item["bbox"]), 4)
            table[item["file"]] = {"boxes": boxes, "class": item["class"]}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} must be a list of {{file, class, bbox: [[x_min, y_min, x_max, y_max], "
                f"...]}}; item {i} is {str(item)[:100]}."
            ) from error
    return table


def _load_pairs(folder, table, names, image_folder, audio_folder):
    """Bunch of the names that are complete."""
    sources = {} if table is None else {"annotations": table}
    if folder is not None or table is None:
        folder = check_folder(folder)
        sources["pictures"] = find_files(folder / image_folder, "*.*", suffixes=_IMAGE_SUFFIXES)
        sources["sounds"] = find_files(folder / audio_folder, "*.*", suffixes=AUDIO_SUFFIXES)
    names = list(next(iter(sources.values()))) if names is None else _read_names(names)
    names = _drop_incomplete(names, sources)
    pairs = Bunch(data=None, target=None, metadata=pd.DataFrame({"name": names}))
    if folder is not None:
        paths = [(str(sources["pictures"][n]), str(sources["sounds"][n])) for n in names]
        pairs.data = pd.DataFrame(paths, columns=["image", "audio"])
    if table is not None:
        rows = [table[name] for name in names]
        if "class" in rows[0]:
            pairs.metadata["class"] = [row["class"] for row in rows]
        boxes = _clean_boxes([row["boxes"] for row in rows], names)
        pairs.metadata["n_boxes"] = list(map(len, boxes))
        pairs.target = np.full((len(boxes), max(1, *map(len, boxes)), 4), np.nan)
        for places, found in zip(pairs.target, boxes, strict=True):
            places[: len(found)] = found
    return pairs


def _read_names(names):
    """List of str of a list, or of the first column of a table."""
    if isinstance(names, (str, os.PathLike)):
        try:
            table = pd.read_csv(check_file(names, "names"), header=None, dtype=str, usecols=[0])
            return table[0].tolist()
        except ValueError as error:  # EmptyDataError, ParserError, UnicodeDecodeError
            raise ValueError(f"names must be a table with names in column 1: {error}.") from error
    names = list(names)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"names must be a list of at least one str; got {str(names)[:100]}.")
    return names


def _drop_incomplete(names, sources):
    """Names that all sources hold; a warning counts the others."""
    missing = {what: [n for n in names if n not in found] for what, found in sources.items()}
    incomplete = set().union(*missing.values())
    if not incomplete:
        return names
    counts = ", ".join(
        f"{len(gone)} {what} (such as {gone[0]})" for what, gone in missing.items() if gone
    )
    message = f"{len(incomplete)} of {len(set(names))} pairs are incomplete: {counts} are missing"
    complete = [name for name in names if name not in incomplete]
    if not complete:
        raise FileNotFoundError(
            f"folder must hold at least one complete pair; {message}. Names must be those of the "
            "files, without suffix."
        )
    warnings.warn(f"{message}. They are left out.", MissingDataWarning, stacklevel=5)
    return complete


def _clean_boxes(boxes, names):
    """Boxes inside the picture and not empty; a warning counts those that were not."""
    cleaned, n_cut = [], 0
    for found in boxes:
        inside = np.clip(found, 0, 1)
        kept = (inside[:, 2:] > inside[:, :2]).all(axis=1)
        cleaned.append(inside[kept])
        n_cut += (inside != found).any(axis=1)[kept].sum()
    n_boxes = sum(map(len, boxes))
    n_empty = n_boxes - sum(map(len, cleaned))
    without = [name for name, found in zip(names, cleaned, strict=True) if not len(found)]
    if n_empty or n_cut or without:
        warnings.warn(
            f"Of {n_boxes} boxes, {n_empty} are empty and dropped, and {n_cut} reach "
            f"beyond the picture and are cut. {len(without)} of {len(names)} pictures have no box: "
            f"{without[:8]}; no prediction counts as right there.",
            MissingDataWarning,
            stacklevel=5,
        )
    return cleaned
