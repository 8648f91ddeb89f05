import numpy as np
from scipy import fft, sparse

from sslearn.datasets._interpolation import HeadInterpolator
from sslearn.datasets._rooms import SPEED_OF_SOUND
from sslearn.geometry import unit_vectors_to_angles

_STEP = 2.0  # degrees between the tabulated directions of reflections
_N_PHASES = 8  # steps per sample of the delays of reflections
_CROPPED = 1e-4  # part of the energy left out at either end of a tabulated response


class RoomRenderer:
    """Binaural room responses of one head from image sources.

    Reflections take the tabulated response of the nearest direction of a fine grid and a delay
    rounded to a fraction of a sample; the direct sound is interpolated and delayed exactly.

    Parameters
    ----------
    head : Bunch
        Head at the wanted sampling rate.

    Attributes
    ----------
    table : ndarray of shape (n_elevations * n_azimuths, 2, n_taps)
        Responses aligned by their onsets.
    starts : ndarray of shape (n_elevations * n_azimuths, 2)
        Where they begin, in samples.
    """

    def __init__(self, head):
        self.fs = head.fs
        self.interpolator = HeadInterpolator(head)
        azimuth, elevation = np.arange(-180, 180, _STEP), np.arange(-90, 90 + _STEP, _STEP)
        grid = np.stack(np.meshgrid(azimuth, elevation), axis=-1).reshape(-1, 2)
        shapes, onsets = self.interpolator.aligned(grid)
        energy = np.cumsum(np.square(shapes).sum(axis=(0, 1)))
        first, last = np.searchsorted(energy, np.array([_CROPPED, 1 - _CROPPED]) * energy[-1])
        self.table = shapes[..., first : last + 1].astype(np.float32)
        self.starts = (onsets - self.interpolator.lead + first).astype(np.float32)

    def render(self, positions, damping, filters=None):
        """Binaural room response.

        Parameters
        ----------
        positions : ndarray of shape (n_images, 3)
            Positions of the image sources in the frame of the head in metres, in any order; the
            nearest is the source itself.
        damping : ndarray of shape (n_bands, n_images)
            Amplitudes of the image sources, without the spreading loss.
        filters : callable, default=None
            Turns band signals into one: spectra (n_bands, n_freqs) of the bands at the length of
            the transform. Not needed for one band.

        Returns
        -------
        brir : ndarray of shape (2, n_times)
            Response of the left and of the right ear, float32. Sample 0 is the emission.
        """
        distance = np.linalg.norm(positions, axis=1)
        amplitude = (damping / distance).T.astype(np.float32)
        delay = (distance * (self.fs / SPEED_OF_SOUND)).astype(np.float32)
        direct = int(distance.argmin())
        response = self.interpolator(unit_vectors_to_angles(positions[[direct]]))[0]
        arrival, fraction = divmod(distance[direct] * self.fs / SPEED_OF_SOUND, 1.0)
        n_times = int(delay.max() + max(self.starts.max() + self.table.shape[2], response.shape[1]))
        n_times = fft.next_fast_len(n_times + 32, real=True)
        reflections = amplitude.copy()
        reflections[direct] = 0.0
        signals = self._accumulate(positions, delay, reflections, n_times)
        arrival = int(arrival)
        signals[:, -1, arrival : arrival + response.shape[1]] += (
            response[..., None] * amplitude[direct]
        )
        fractions = np.append(np.arange(_N_PHASES) / _N_PHASES, fraction)
        phase = np.exp(-2j * np.pi * fft.rfftfreq(n_times) * fractions[:, None])
        spectra = fft.rfft(signals, axis=2)
        if filters is None:
            spectra = np.einsum("epf,pf->ef", spectra[..., 0], phase.astype(np.complex64))
        else:
            spectra = np.einsum("epfb,pf,bf->ef", spectra, phase, filters(n_times), optimize=True)
        return fft.irfft(spectra, n_times).astype(np.float32, copy=False)

    def _accumulate(self, positions, delay, amplitude, n_times):
        """Sum the reflections into signals (2, n_phases + 1, n_times, n_bands) by their phase."""
        row = self._rows(positions)
        phase = np.round((delay[:, None] + self.starts[row]) * _N_PHASES).astype(np.int32)
        sample, phase = np.divmod(phase, _N_PHASES)
        signal = phase + np.array([0, _N_PHASES + 1], dtype=np.int32)
        start = signal * np.int32(n_times) + np.maximum(sample, 0)
        n_taps = self.table.shape[2]
        # Delayed responses are the columns of a sparse matrix: their sum is one product.
        index = start[..., None] + np.arange(n_taps, dtype=np.int32)
        pointer = np.arange(0, index.size + 1, n_taps, dtype=np.int32)
        shape = (2 * (_N_PHASES + 1) * n_times, 2 * len(row))
        columns = sparse.csc_array((self.table[row].ravel(), index.ravel(), pointer), shape=shape)
        total = columns @ np.repeat(amplitude, 2, axis=0)
        return total.reshape(2, _N_PHASES + 1, n_times, -1)

    def _rows(self, positions):
        """Row of the table nearest to each direction."""
        x, y, z = positions.T
        azimuth = np.arctan2(y, x) * np.float32(180 / np.pi)
        elevation = np.arctan2(z, np.hypot(x, y)) * np.float32(180 / np.pi)
        n_azimuths = round(360 / _STEP)
        column = np.round((azimuth + 180) / _STEP).astype(np.int32) % n_azimuths
        return np.round((elevation + 90) / _STEP).astype(np.int32) * n_azimuths + column
