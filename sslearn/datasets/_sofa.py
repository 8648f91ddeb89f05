import re

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from sslearn.datasets._files import check_file
from sslearn.geometry import check_directions, great_circle_distance, unit_vectors_to_angles
from sslearn.simulation import make_head
from sslearn.utils import import_optional

_CONVENTION = "SimpleFreeFieldHRIR"
_FIELDS = ("Data.IR", "Data.Delay", "Data.SamplingRate", "SourcePosition", "ListenerView")
_RINGING = 32  # samples kept after a response for the tail of a fractional delay


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_fields(path):
    """Read convention, arrays and the types and units of positions of a SOFA file."""
    h5py = import_optional("h5py", "load_sofa")
    try:
        with h5py.File(path, "r") as file:
            convention = _text(file.attrs.get("SOFAConventions", "none"))
            fields = {name: file[name][()] for name in _FIELDS if name in file}
            kinds = {
                name: (_text(file[name].attrs.get("Type", "")), _text(file[name].attrs["Units"]))
                for name in ("SourcePosition", "ListenerView")
                if name in file and "Units" in file[name].attrs
            }
    except (OSError, KeyError, RuntimeError, TypeError) as error:  # what h5py says of damaged files
        raise OSError(
            f"path {path} is unreadable: truncated, damaged or no SOFA (HDF5) file: {error}"
        ) from error
    return convention, fields, kinds


def _check_fields(path, convention, fields):
    if convention != _CONVENTION:
        raise ValueError(
            f"path {path} must follow the SOFA convention {_CONVENTION}; got {convention}."
        )
    missing = [name for name in _FIELDS if name not in fields and name != "ListenerView"]
    if missing:
        raise ValueError(f"path {path} must have the SOFA fields {missing}; they are missing.")
    shape = fields["Data.IR"].shape
    if len(shape) != 3 or shape[1] != 2 or 0 in shape:
        raise ValueError(
            f"path {path} must have Data.IR of shape (n_directions, 2, n_taps), two receivers; "
            f"got {shape}."
        )
    for name in _FIELDS[:-1]:
        if not np.isfinite(fields[name]).all():
            raise ValueError(f"path {path} has NaN or infinity in {name}; expected finite values.")
    for name, n_columns in (("Data.Delay", 2), ("SourcePosition", 3)):
        if fields[name].shape not in ((1, n_columns), (shape[0], n_columns)):
            raise ValueError(
                f"path {path} must have {name} of shape (1, {n_columns}) or "
                f"({shape[0]}, {n_columns}); got {fields[name].shape}."
            )
    if fields["Data.Delay"].min() < 0:
        raise ValueError(
            f"path {path} must have Data.Delay >= 0; got {fields['Data.Delay'].min():g} samples."
        )


def _sampling_rate(path, rates):
    rates = np.unique(rates)
    if len(rates) != 1 or rates[0] <= 0:
        raise ValueError(
            f"path {path} must have one positive Data.SamplingRate in hertz; got {rates.tolist()}."
        )
    return rates[0]


def _to_angles(path, name, positions, kind):
    """Azimuth and elevation in degrees and distance in metres of SOFA positions."""
    if kind is None:
        raise ValueError(f"path {path} must state the Type and Units of {name}; it does not.")
    coordinates, units = kind
    units = [unit.rstrip("s") for unit in re.split(r"[,\s]+", units.strip().lower())]
    metres = units[-1] in ("metre", "meter", "m")
    if coordinates == "cartesian" and metres:
        return unit_vectors_to_angles(positions), np.linalg.norm(positions, axis=-1)
    if coordinates == "spherical" and units[0] in ("degree", "radian") and metres:
        angles = np.rad2deg(positions[:, :2]) if units[0] == "radian" else positions[:, :2].copy()
        # Poles that were stored in single precision lie a little beyond 90 degrees.
        poles = np.abs(np.abs(angles[:, 1]) - 90.0) < 1e-3
        angles[poles, 1] = np.copysign(90.0, angles[poles, 1])
        return angles, positions[:, 2]
    raise ValueError(
        f"path {path} must have {name} spherical in degree, degree, metre or cartesian in metre; "
        f"got {coordinates} in {', '.join(units)}."
    )


def _check_view(path, fields, kinds):
    """Refuse a turned head: its source positions would not be relative to the nose."""
    if "ListenerView" not in fields:
        return
    kind = kinds.get("ListenerView", ("cartesian", "metre"))
    view, _ = _to_angles(path, "ListenerView", fields["ListenerView"], kind)
    if great_circle_distance(view, np.zeros((1, 2))).max() > 0.1:
        raise ValueError(
            f"path {path} must have a ListenerView to the front (+x); got azimuth, elevation "
            f"{view[0].tolist()}. Turn SourcePosition into the frame of the head first."
        )


def _shift(hrirs, delays):
    """Delay each response by a number of samples, which may have a fraction."""
    if not delays.any():
        return hrirs
    whole = bool((delays == np.round(delays)).all())
    n_taps = hrirs.shape[-1] + int(np.ceil(delays.max())) + (0 if whole else _RINGING)
    # The rings of a fractional delay before time 0 fall into the padding and are cut off.
    n_fft = next_fast_len(n_taps + _RINGING, real=True)
    turns = np.arange(n_fft // 2 + 1) / n_fft
    spectrum = rfft(hrirs, n_fft) * np.exp(-2j * np.pi * turns * delays[..., None])
    return irfft(spectrum, n_fft)[..., :n_taps]


def load_sofa(path, *, fs=None):
    """Read a head from a SOFA file of the convention SimpleFreeFieldHRIR.

    Parameters
    ----------
    path : str or path-like
        The file.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; the file's own if None.

    Returns
    -------
    head : Bunch
        With keys

        - ``hrirs`` : ndarray of shape (n_directions, 2, n_taps); channel 0 is the left ear.
        - ``directions`` : ndarray of shape (n_directions, 2), azimuth (counter-clockwise, 90 is
          left) and elevation in degrees.
        - ``distance`` : ndarray of shape (n_directions,), metres.
        - ``fs`` : float, Hz.
        - ``name`` : str, the stem of the file's name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated, damaged or no HDF5 file.
    ValueError
        If the convention, the number of receivers, the units or the shape of a field is wrong, a
        field is missing, or a value is not finite.

    See Also
    --------
    resample_hrirs : How ``fs`` is reached.
    structural_hrirs : A head that needs no file.

    Notes
    -----
    ``Data.Delay`` is applied, fractions of a sample included: several databases keep the time
    difference of the ears only there. Receiver 0 is taken as the left ear whatever
    ``ReceiverPosition`` says, because files in use have its signs swapped while their time
    differences agree that receiver 0 is left.

    References
    ----------
    AES69-2022, "AES standard for file exchange - Spatial acoustic data file format", Audio
    Engineering Society, 2022.

    Examples
    --------
    >>> from sslearn.datasets import load_sofa
    >>> load_sofa("no_such_file.sofa")
    Traceback (most recent call last):
    ...
    FileNotFoundError: path must be an existing file; found none at no_such_file.sofa.
    """
    path = check_file(path)
    convention, fields, kinds = _read_fields(path)
    _check_fields(path, convention, fields)
    _check_view(path, fields, kinds)
    directions, distance = _to_angles(
        path, "SourcePosition", fields["SourcePosition"], kinds.get("SourcePosition")
    )
    directions = check_directions(directions, name=f"SourcePosition of path {path}")
    hrirs = np.asarray(fields["Data.IR"], dtype=np.float64)
    n_directions = len(hrirs)
    return make_head(
        _shift(hrirs, np.asarray(fields["Data.Delay"], dtype=np.float64)),
        np.broadcast_to(directions, (n_directions, 2)),
        fs=_sampling_rate(path, fields["Data.SamplingRate"]),
        name=path.stem,
        distance=np.broadcast_to(distance, n_directions),
        target_fs=fs,
    )
