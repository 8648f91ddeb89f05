import numpy as np
import pandas as pd

from sslearn.datasets._array_set import make_responses
from sslearn.datasets._ear_order import ear_agreement
from sslearn.datasets._files import check_choice
from sslearn.datasets._sofa_file import read_sofa
from sslearn.datasets._sofa_frames import local_positions, relative_directions
from sslearn.geometry import wrap_azimuth
from sslearn.simulation import make_head

_MIRRORED = ("raise", "flip_azimuth", "swap_ears", "accept")


def load_sofa(path, *, mirrored="raise", fs=None):
    """Read a head from a SOFA file.

    Parameters
    ----------
    path : str or path-like
        The file: responses of two receivers in the convention SimpleFreeFieldHRIR, FreeFieldHRIR,
        SimpleFreeFieldHRTF, FreeFieldHRTF, SingleRoomSRIR, SingleRoomMIMOSRIR, SingleRoomDRIR,
        MultiSpeakerBRIR or a general one (GeneralFIR, GeneralFIR-E, GeneralTF, GeneralTF-E).
    mirrored : {"raise", "flip_azimuth", "swap_ears", "accept"}, default="raise"
        What to do where the differences between the ears contradict the positions: raise an error,
        negate the azimuths, exchange the channels, or take the file as it is. Nothing is changed
        in a file that agrees with itself.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; the file's own if None.

    Returns
    -------
    head : Bunch
        With keys

        - ``hrirs`` : ndarray of shape (n_directions, 2, n_taps); channel 0 is the left ear.
        - ``directions`` : ndarray of shape (n_directions, 2), azimuth (counter-clockwise, 90 is
          left) and elevation in degrees, seen from the head.
        - ``distance`` : ndarray of shape (n_directions,), metres.
        - ``fs`` : float, Hz.
        - ``name`` : str, the stem of the file's name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated, damaged or no HDF5 file.
    TypeError
        If ``path`` is not a path.
    ValueError
        If the convention, the number of receivers, the units or the shape of a field is wrong, a
        field is missing, a value is not finite, a view has no direction, or the time and level
        differences contradict the positions.

    See Also
    --------
    load_sofa_rirs : Read the responses of a microphone array.
    resample_hrirs : How ``fs`` is reached.
    structural_hrirs : A head that needs no file.

    Notes
    -----
    - Positions may be spherical or cartesian, in degrees or radians. ``ListenerPosition``,
      ``ListenerView`` and ``ListenerUp`` turn them into directions relative to the head, in each
      measurement: a loudspeaker that stands still before a head that turns is read, too. With
      several emitters, each is a direction of each measurement.
    - ``Data.Delay`` is applied, fractions of a sample included: several databases keep the time
      difference of the ears only there.
    - Sound from the left reaches the left ear first and louder. If the differences between the
      channels agree with that, channel 0 is the left ear, even against ``ReceiverPosition``: files
      in use have its signs swapped. If they contradict it, and ``ReceiverPosition`` names the
      right ear first, the channels are exchanged; otherwise the azimuths are mirrored or the ears
      are swapped, see ``mirrored``. Where they are undecided, for example without directions off
      the median plane, ``ReceiverPosition`` decides.
    - Transfer functions become responses by an inverse Fourier transform, at twice the highest
      frequency.

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
    check_choice(mirrored, _MIRRORED, "mirrored")
    file = read_sofa(path)
    if file.irs.shape[2] != 2:
        raise ValueError(
            f"path {path} must hold the responses of two receivers, the ears; got "
            f"{file.irs.shape[2]}. Read those of an array by load_sofa_rirs."
        )
    directions, distance = (part.reshape(-1, *part.shape[2:]) for part in relative_directions(file))
    hrirs = file.irs.reshape(-1, *file.irs.shape[2:])
    hrirs, directions = _order_ears(file, hrirs, directions, mirrored)
    name = file.path.stem
    is_room = file.convention.startswith(("SingleRoom", "MultiSpeaker"))
    extra = {"room": name} if is_room else {}
    return make_head(
        hrirs, directions, fs=file.fs, name=name, distance=distance, target_fs=fs, **extra
    )


def _order_ears(file, hrirs, directions, mirrored):
    """Responses with the left ear first, and directions that agree with them."""
    votes, slopes = ear_agreement(hrirs, directions, file.fs)
    receivers = local_positions(file, "ReceiverPosition")
    right_first = receivers is not None and bool((receivers[:, 0, 1] < receivers[:, -1, 1]).all())
    # The differences confirm the order of the channels, or nothing contradicts it.
    if votes.sum() > 0 or not (votes.any() or right_first):
        return hrirs, directions
    # The positions of the receivers explain the differences: the right ear comes first.
    if right_first and votes.max() <= 0:
        return hrirs[:, ::-1], directions
    if mirrored == "accept":
        return hrirs, directions
    if votes.sum() == 0:
        raise ValueError(
            f"path {file.path} has time and level differences of the ears that contradict each "
            f"other: for sources on the left, {_say(slopes)}. Are the columns of Data.Delay "
            "swapped? mirrored='accept' takes the file as it is."
        )
    if mirrored == "swap_ears":
        return hrirs[:, ::-1], directions
    if mirrored == "flip_azimuth":
        return hrirs, np.stack([wrap_azimuth(-directions[:, 0]), directions[:, 1]], axis=1)
    raise ValueError(
        f"path {file.path} is mirrored: for sources on the left (azimuth 90), {_say(slopes)}. "
        "Either its azimuths run clockwise, or its ears are swapped: mirrored='flip_azimuth' or "
        "mirrored='swap_ears' turns it, mirrored='accept' takes it as it is."
    )


def _say(slopes):
    itd, ild = slopes
    return (
        f"sound reaches channel 0 {abs(itd):.2f} ms {'before' if itd < 0 else 'after'} channel 1 "
        f"and is {abs(ild):.0f} dB {'louder' if ild > 0 else 'softer'} there"
    )


def load_sofa_rirs(path, *, fs=None):
    """Read responses of a microphone array from a SOFA file.

    Parameters
    ----------
    path : str or path-like
        The file, in any convention of :func:`load_sofa`, with any number of receivers.
    fs : float, default=None
        Sampling rate to which the responses are resampled, in Hz; the file's own if None.

    Returns
    -------
    responses : Bunch
        With keys

        - ``rirs`` : ndarray of shape (n_positions, n_mics, n_times), float32, with the delays of
          the file.
        - ``target`` : ndarray of shape (n_positions, 3), azimuth and elevation in degrees and
          distance in metres, seen from the array.
        - ``mic_positions`` : ndarray of shape (n_mics, 3), metres, in the frame of the array.
        - ``fs`` : float, Hz.
        - ``metadata`` : DataFrame with columns ``file``, ``measurement`` and ``emitter``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated, damaged or no HDF5 file.
    TypeError
        If ``path`` is not a path.
    ValueError
        If the convention, the units or the shape of a field is wrong, a field is missing, a value
        is not finite, or the microphones move from measurement to measurement.

    See Also
    --------
    load_sofa : Read a head.

    Examples
    --------
    >>> import os, tempfile
    >>> import h5py, numpy as np
    >>> from sslearn.datasets import load_sofa_rirs
    >>> path = os.path.join(tempfile.mkdtemp(), "pair.sofa")
    >>> with h5py.File(path, "w") as file:
    ...     file.attrs["SOFAConventions"] = "SingleRoomSRIR"
    ...     file["Data.IR"] = np.random.default_rng(0).standard_normal((1, 3, 64))
    ...     file["Data.SamplingRate"], file["Data.Delay"] = [16000.0], np.zeros((1, 3))
    ...     file["ReceiverPosition"] = 0.05 * np.eye(3)
    ...     file["SourcePosition"] = [[0.0, 2.0, 0.0]]
    ...     file["SourcePosition"].attrs.update(Type="cartesian", Units="metre")
    >>> responses = load_sofa_rirs(path)
    >>> responses.rirs.shape, responses.target.tolist()
    ((1, 3, 64), [[90.0, 0.0, 2.0]])
    """
    file = read_sofa(path)
    mics = local_positions(file, "ReceiverPosition")
    if mics is None or mics.shape[1] != file.irs.shape[2] or np.ptp(mics, axis=0).max() > 1e-6:
        raise ValueError(
            f"path {path} must have one ReceiverPosition for each of the {file.irs.shape[2]} "
            "receivers, the same in all measurements."
        )
    directions, distance = relative_directions(file)
    target = np.concatenate([directions, distance[..., None]], axis=-1)
    measurement, emitter = np.indices(distance.shape).reshape(2, -1)
    return make_responses(
        file.irs.reshape(-1, *file.irs.shape[2:]),
        target.reshape(-1, 3),
        mics[0],
        fs=file.fs,
        target_fs=fs,
        metadata=pd.DataFrame(
            {"file": file.path.name, "measurement": measurement, "emitter": emitter}
        ),
    )
