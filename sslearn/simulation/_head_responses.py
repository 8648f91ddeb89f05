import numpy as np
from scipy import fft, sparse

from sslearn.geometry import unit_vectors_to_angles
from sslearn.simulation._image_sources import SPEED_OF_SOUND
from sslearn.simulation._interpolation import HeadInterpolator

_STEP = 3.0  # degrees between tabulated responses
_N_PHASES = 16  # steps per sample of the delays of reflections
_CROPPED = 2e-4  # part of the energy cropped at either end of the tabulated responses


class HeadTable:
    """Responses of a head on a grid of directions, for many reflections at once.

    Parameters
    ----------
    interpolator : HeadInterpolator
        Interpolator of the head.

    Attributes
    ----------
    shapes : ndarray of shape (n_elevations * n_azimuths, 2, n_taps)
        Responses aligned by their onsets, float32.
    starts : ndarray of shape (n_elevations * n_azimuths, 2)
        Delays of their first samples, in samples.
    """

    def __init__(self, interpolator):
        azimuth, elevation = np.arange(-180, 180, _STEP), np.arange(-90, 90 + _STEP, _STEP)
        self.n_azimuths, self.n_elevations = len(azimuth), len(elevation)
        grid = np.stack(np.meshgrid(azimuth, elevation), axis=-1).reshape(-1, 2)
        shapes, onsets = interpolator.aligned(grid)
        energy = np.cumsum(np.square(shapes).sum(axis=(0, 1)))
        first, last = np.searchsorted(energy, np.array([_CROPPED, 1 - _CROPPED]) * energy[-1])
        self.shapes = shapes[..., first : last + 1].astype(np.float32)
        self.starts = (onsets - interpolator.lead + first).astype(np.float32)

    def lookup(self, positions):
        """Rows of the nearest directions, and starts (n_positions, 2) between directions.

        Starts are interpolated bilinearly, because hearing resolves delay better than colour.
        """
        x, y, z = positions.T
        column = (np.arctan2(y, x) * (180 / np.pi) + 180) / _STEP
        line = (np.arctan2(z, np.hypot(x, y)) * (180 / np.pi) + 90) / _STEP
        left, low = np.floor(column).astype(np.int32), np.floor(line).astype(np.int32)
        # At the zenith, the last line of the table has no line above.
        low = np.minimum(low, self.n_elevations - 2)
        starts = np.zeros((len(x), 2), dtype=np.float32)
        for i, along in enumerate((1 - (column - left), column - left)):
            for j, up in enumerate((1 - (line - low), line - low)):
                row = (low + j) * self.n_azimuths + (left + i) % self.n_azimuths
                starts += (along * up)[:, None] * self.starts[row]
        nearest = np.round(column).astype(np.int32) % self.n_azimuths
        return np.round(line).astype(np.int32) * self.n_azimuths + nearest, starts


class RoomRenderer:
    """Binaural room responses of one head from image sources.

    Reflections use the tabulated response of the nearest grid direction and a delay rounded to
    1/16 sample; the direct sound is interpolated in direction and delayed exactly.

    Parameters
    ----------
    head : Bunch
        Head at the sampling rate of the clips.
    """

    def __init__(self, head):
        self.fs = head.fs
        self.interpolator = HeadInterpolator(head)
        self.table = HeadTable(self.interpolator)

    def render(self, positions, damping, filters=None):
        """Render a binaural room response.

        Parameters
        ----------
        positions : ndarray of shape (n_images, 3)
            Positions of the image sources in the frame of the head, in metres, in any order; the
            nearest one is the source itself.
        damping : ndarray of shape (n_bands, n_images)
            Amplitudes of the image sources, without the spreading loss.
        filters : callable, default=None
            Maps a transform length ``n_fft`` to the gains (n_bands, n_fft // 2 + 1) of the bands;
            None for one band.

        Returns
        -------
        brir : ndarray of shape (2, n_times)
            Response of the left and of the right ear, float32. Sample 0 is the emission.
        """
        distance = np.linalg.norm(positions, axis=1)
        delay = distance * (self.fs / SPEED_OF_SOUND)
        amplitude = (damping / distance).astype(np.float32)
        direct = int(distance.argmin())
        response = self.interpolator(unit_vectors_to_angles(positions[[direct]]))[0]
        arrival, fraction = divmod(float(delay[direct]), 1.0)
        arrived = slice(int(arrival), int(arrival) + response.shape[1])
        n_taps = max(response.shape[1], self.table.shapes.shape[2] + int(self.table.starts.max()))
        n_times = fft.next_fast_len(int(delay.max()) + n_taps + 32, real=True)
        # Images of one fractional delay k / 16 are summed, then delayed by exp(-2j pi f k / 16).
        fractions = np.append(np.arange(_N_PHASES) / _N_PHASES, fraction)
        phase = np.exp(-2j * np.pi * fft.rfftfreq(n_times) * fractions[:, None])
        phase = phase.astype(np.complex64)
        reflections = self._reflections(positions, delay, n_times)
        gains = [1.0] if filters is None else filters(n_times).astype(np.float32)
        spectra = 0.0
        for band, gain in zip(amplitude, gains, strict=True):
            weights = np.repeat(band, 2)
            weights[2 * direct : 2 * direct + 2] = 0.0
            signals = (reflections @ weights).reshape(2, _N_PHASES + 1, n_times)
            signals[:, -1, arrived] = response * band[direct]
            spectra = spectra + gain * np.einsum("epf,pf->ef", fft.rfft(signals), phase)
        return fft.irfft(spectra, n_times)

    def _reflections(self, positions, delay, n_times):
        """Responses of the image sources, as columns (2 * (n_phases + 1) * n_times, 2 * n_images).

        Rows are ear, phase of the delay and time; their weighted sum is one sparse product. The
        last phase is left empty for the direct sound.
        """
        row, starts = self.table.lookup(positions)
        phase = np.round((delay[:, None] + starts) * _N_PHASES).astype(np.int32)
        sample, phase = np.divmod(phase, _N_PHASES)
        # Number of the signal: ear * (n_phases + 1) + phase. Starts may be slightly negative.
        signal = phase + np.array([0, _N_PHASES + 1], dtype=np.int32)
        first = signal * np.int32(n_times) + np.maximum(sample, 0)
        responses = self.table.shapes[row]
        n_taps = responses.shape[2]
        index = first[..., None] + np.arange(n_taps, dtype=np.int32)
        # CSC: each column holds n_taps successive rows. int32 halves the memory of the indices.
        pointer = np.arange(0, index.size + 1, n_taps, dtype=np.int32)
        shape = (2 * (_N_PHASES + 1) * n_times, 2 * len(row))
        return sparse.csc_array((responses.ravel(), index.ravel(), pointer), shape=shape)
