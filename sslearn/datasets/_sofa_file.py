"""Content of SOFA files: impulse responses and the fields of positions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from sslearn.datasets._files import check_file
from sslearn.utils import import_optional

_CONVENTIONS = (
    "SimpleFreeFieldHRIR", "SimpleFreeFieldHRTF", "FreeFieldHRIR", "FreeFieldHRTF",
    "SingleRoomSRIR", "SingleRoomMIMOSRIR", "SingleRoomDRIR", "MultiSpeakerBRIR",
    "GeneralFIR", "GeneralFIR-E", "GeneralFIRE", "GeneralTF", "GeneralTF-E",
)  # fmt: skip
_POSITIONS = (
    "SourcePosition", "SourceView", "SourceUp", "ListenerPosition", "ListenerView", "ListenerUp",
    "ReceiverPosition", "EmitterPosition",
)  # fmt: skip
_IMPULSE = ("Data.IR", "Data.Delay", "Data.SamplingRate")
_TRANSFER = ("Data.Real", "Data.Imag", "N")
_RINGING = 32  # samples kept after a response for the tail of a fractional delay
_MAX_BYTES = 2**31  # beyond, a field that is stored in a hundredth of its size is no measurement
_RATES = (1e3, 1e7)  # Hz


@dataclass(repr=False)
class SofaFile:
    """Content of a SOFA file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    convention : str
        Its SOFA convention.
    data_type : str
        Kind of its data, such as "FIR" or "FIR-E".
    fields : dict of {str: ndarray}
        Finite numbers, by name of the field.
    kinds : dict of {str: tuple of (str, str)}
        Type and Units of fields of positions.
    irs : ndarray of shape (n_measurements, n_emitters, n_receivers, n_taps), default=None
        Impulse responses, with their delays.
    fs : float, default=None
        Sampling rate in Hz.
    """

    path: Path
    convention: str
    data_type: str
    fields: dict
    kinds: dict
    irs: np.ndarray | None = None
    fs: float | None = None

    def rows(self, name, n_columns=3):
        """Field of one row, or one per measurement."""
        shape = self.fields[name].shape
        n_rows = len(self.irs)
        if shape not in ((1, n_columns), (n_rows, n_columns)):
            raise ValueError(
                f"path {self.path} must have {name} of shape (1, {n_columns}) or "
                f"({n_rows}, {n_columns}); got {shape}."
            )
        return self.fields[name]

    def kind(self, name):
        """Type and Units of a field; those of the view for an up vector without any."""
        name = name if name in self.kinds else name.replace("Up", "View")
        if name == "SourcePosition" and name not in self.kinds:
            raise ValueError(
                f"path {self.path} must state the Type and Units of {name}; it does not."
            )
        return self.kinds.get(name, ("cartesian", "metre"))


def read_sofa(path):
    """Read the impulse responses of a SOFA file.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    file : SofaFile
        Its content.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If the file is truncated, damaged or no HDF5 file.
    ValueError
        If the convention is not supported, or a field is missing or not as it must be.
    """
    file = _read(check_file(path))
    is_transfer = "Data.Real" in file.fields
    needed = {*(_TRANSFER if is_transfer else _IMPULSE), "SourcePosition"}
    missing = sorted(needed - set(file.fields))
    if missing:
        raise ValueError(f"path {path} must have the SOFA fields {missing}; they are missing.")
    if is_transfer:
        file.irs, file.fs = _from_spectra(file)
    else:
        file.irs = _with_emitters(file, "Data.IR")
        file.fs = _sampling_rate(file, file.fields["Data.SamplingRate"])
        file.irs = _shift(file.irs, _delays(file))
    return file


def _text(value):
    value = np.ravel(value)[0] if np.size(value) else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _read(path):
    """Read convention, arrays and the types and units of positions."""
    h5py = import_optional("h5py", "load_sofa")
    try:
        with h5py.File(path, "r") as file:
            convention = _text(file.attrs.get("SOFAConventions", "none"))
            _check_convention(path, convention)
            data_type = _text(file.attrs.get("DataType", "none"))
            names = [name for name in (*_IMPULSE, *_TRANSFER, *_POSITIONS) if name in file]
            for name in names:
                _check_size(file[name])
            fields = {name: file[name][()] for name in names}
            kinds = {
                name: (_text(file[name].attrs.get("Type", "")), _text(file[name].attrs["Units"]))
                for name in names
                if name in _POSITIONS and "Units" in file[name].attrs
            }
    except _UnsupportedError as error:
        raise ValueError(str(error)) from None
    except (
        OSError, KeyError, RuntimeError, TypeError, ValueError, AttributeError, MemoryError
    ) as error:  # fmt: skip
        # Errors that h5py raises for damaged files.
        raise OSError(
            f"path {path} is unreadable: truncated, damaged or no SOFA (HDF5) file: {error}"
        ) from error
    fields = {name: _to_float(path, name, value) for name, value in fields.items()}
    return SofaFile(path, convention, data_type, fields, kinds)


class _UnsupportedError(Exception):
    pass


def _check_convention(path, convention):
    if convention not in _CONVENTIONS:
        raise _UnsupportedError(
            f"path {path} must follow a SOFA convention of responses to sources around a listener, "
            f"one of {', '.join(_CONVENTIONS)}; got {convention}. If it holds such responses, "
            "convert it to SimpleFreeFieldHRIR, for example with the package sofar."
        )


def _check_size(dataset):
    size = dataset.size * dataset.dtype.itemsize
    if size > max(_MAX_BYTES, 100 * dataset.id.get_storage_size()):
        raise MemoryError(f"{dataset.name} declares {size / 1e9:.3g} GB, which it does not hold.")


def _to_float(path, name, value):
    value = np.asarray(value)
    if value.dtype.kind not in "iuf":
        raise ValueError(f"path {path} must hold real numbers in {name}; got {value.dtype}.")
    value = value.astype(float, copy=False)
    if not np.isfinite(value).all():
        raise ValueError(f"path {path} has NaN or infinity in {name}; expected finite values.")
    return value


def _with_emitters(file, name):
    """Responses (n_measurements, n_emitters, n_receivers, ...), where emitters may be missing."""
    responses = file.fields[name]
    emitter_axis = 2 if file.data_type == "FIRE" else 3  # (m, r, e, n) is older than (m, r, n, e)
    if responses.ndim == 3:
        responses = np.expand_dims(responses, emitter_axis)
    if responses.ndim != 4 or 0 in responses.shape:
        raise ValueError(
            f"path {file.path} must have {name} of shape (n_measurements, n_receivers, n_taps), or "
            f"of four axes with emitters; got {file.fields[name].shape}."
        )
    return np.moveaxis(responses, emitter_axis, 1)


def _sampling_rate(file, rates):
    rates = np.unique(rates)
    if len(rates) != 1 or not _RATES[0] <= rates[0] <= _RATES[1]:
        raise ValueError(
            f"path {file.path} must have one positive Data.SamplingRate in hertz, from 1 kHz to "
            f"10 MHz; got {rates.tolist()}."
        )
    return float(rates[0])


def _from_spectra(file):
    """Impulse responses of transfer functions at evenly spaced frequencies up to fs / 2."""
    if file.fields["Data.Real"].shape != file.fields["Data.Imag"].shape:
        raise ValueError(f"path {file.path} must have Data.Real and Data.Imag of the same shape.")
    spectra = _with_emitters(file, "Data.Real") + 1j * _with_emitters(file, "Data.Imag")
    freqs = file.fields["N"].ravel()
    steps = np.diff(freqs)
    if (
        len(freqs) != spectra.shape[3]
        or len(freqs) < 3
        or np.ptp(steps) > 1e-3 * steps.mean()
        or min(abs(freqs[0]), abs(freqs[0] - steps[0])) > 1e-3 * steps[0]
    ):
        raise ValueError(
            f"path {file.path} must have evenly spaced frequencies N from 0 Hz (or one step above) "
            f"on, one per value of Data.Real; got {len(freqs)} from {freqs.min():g} to "
            f"{freqs.max():g} Hz for {spectra.shape[3]} values. Convert it to SimpleFreeFieldHRIR."
        )
    if freqs[0] > 0.5 * steps[0]:  # 0 Hz is missing
        spectra = np.concatenate([np.abs(spectra[..., :1]), spectra], axis=-1)
    return irfft(spectra, 2 * spectra.shape[3] - 2), _sampling_rate(file, 2 * freqs[-1])


def _delays(file):
    """Delays (1 or n_measurements, n_emitters, n_receivers) in samples."""
    n_measurements, n_emitters, n_receivers, _ = file.irs.shape
    delays = file.fields["Data.Delay"]
    if delays.ndim == 2:
        delays = delays[..., None]
    shapes = [(m, n_receivers, e) for m in (1, n_measurements) for e in (1, n_emitters)]
    if delays.shape not in shapes:
        raise ValueError(
            f"path {file.path} must have Data.Delay of shape (1, {n_receivers}) or "
            f"({n_measurements}, {n_receivers}); got {file.fields['Data.Delay'].shape}."
        )
    if delays.min() < 0 or delays.max() > file.fs:
        raise ValueError(
            f"path {file.path} must have Data.Delay >= 0 and of at most 1 s, in samples; got "
            f"{delays.min():g} to {delays.max():g} samples."
        )
    return np.swapaxes(delays, 1, 2)


def _shift(irs, delays):
    """Delay each response by a number of samples, which may have a fraction."""
    if not delays.any():
        return irs
    whole = bool((delays == np.round(delays)).all())
    n_taps = irs.shape[-1] + int(np.ceil(delays.max())) + (0 if whole else _RINGING)
    # The rings of a fractional delay before time 0 fall into the padding and are cut off.
    n_fft = next_fast_len(n_taps + _RINGING, real=True)
    turns = np.arange(n_fft // 2 + 1) / n_fft
    spectrum = rfft(irs, n_fft) * np.exp(-2j * np.pi * turns * delays[..., None])
    return irfft(spectrum, n_fft)[..., :n_taps]
