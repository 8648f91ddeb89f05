"""Fast checks that every localizer makes: units in fit, channels in predict."""

import warnings

import numpy as np

from sslearn.doa import _diagnose_channels as channels
from sslearn.doa import _diagnose_checks as checks
from sslearn.doa._diagnose_delays import mean_covariance
from sslearn.doa._diagnose_evidence import LARGEST, MISFIT, SMALLEST, Evidence, aperture
from sslearn.exceptions import ArrayMismatchWarning

# Approximate numbers of clips, frames and bins to check: a fault of a set-up is in all of them.
N_CLIPS, _N_FRAMES, _N_BINS = 4, 32, 32
_LEAST_HEIGHT = 0.2
# Fewer frames make every two channels coherent.
_MIN_FRAMES = 8
_CHANNEL_CHECKS = (
    channels.check_copied,
    channels.check_doubled,
    channels.check_dead,
    channels.check_polarity,
    channels.check_common_noise,
)
# Expensive, and without a finding where a plane wave fits.
_ARRAY_CHECKS = (checks.check_order, checks.check_transposed, checks.check_rate)


def warn_of_units(mic_positions):
    """Warn if positions cannot be in metres.

    Parameters
    ----------
    mic_positions : ndarray of shape (n_mics, 3)
        Microphone positions.
    """
    span = aperture(mic_positions)
    if not SMALLEST <= span <= LARGEST:
        warnings.warn(checks.units_message(span), ArrayMismatchWarning, stacklevel=4)


class Listener:
    """Checks of a few clips while all are localized.

    Parameters
    ----------
    n_samples : int
        Number of clips.
    freqs : ndarray of shape (n_freqs,)
        Frequencies of the band in Hz, multiples of their distance.
    """

    def __init__(self, n_samples, freqs):
        self._rows = np.unique(np.linspace(0, n_samples - 1, N_CLIPS).round().astype(int))
        step = max(1, len(freqs) // _N_BINS)
        # The bins that are left are multiples of their distance, too.
        first = round(freqs[0] / (freqs[1] - freqs[0])) if len(freqs) > 1 else 0
        self._bins = slice(-first % step, None, step)
        self._freqs = freqs[self._bins]

    def covariances(self, X, first_sample):
        """Compute the covariances of some of the clips.

        Parameters
        ----------
        X : ndarray of shape (n, n_channels, n_freqs, n_frames)
            Spectra of the band.
        first_sample : int
            Row of the first clip.

        Returns
        -------
        covariances : list of ndarray of shape (n_freqs, n_channels, n_channels)
            Covariances of those that are not silent.
        """
        covariances = []
        if X.shape[3] < _MIN_FRAMES or len(self._freqs) < 2:
            return covariances
        rows = self._rows[(self._rows >= first_sample) & (self._rows < first_sample + len(X))]
        step = -(-X.shape[3] // _N_FRAMES)
        for row in rows:
            clip = X[row - first_sample, :, self._bins, ::step]
            loudest = np.abs(clip).max()
            covariance = mean_covariance(clip / (loudest or 1.0))
            # Silence is reported by SilenceWarning.
            if covariance.any(axis=0).diagonal().all():
                covariances.append(covariance)
        return covariances

    def warn(self, covariances, mic_positions, fs, speed_of_sound):
        """Warn of certain faults.

        Parameters
        ----------
        covariances : list of ndarray
            Output of :meth:`covariances`, of which the first few are used.
        mic_positions : ndarray of shape (n_mics, 3)
            Microphone positions in metres.
        fs : float
            Sampling rate in Hz.
        speed_of_sound : float
            Speed of sound in metres per second.
        """
        if not covariances:
            return
        evidence = Evidence(
            np.stack(covariances[:N_CLIPS]),
            self._freqs,
            mic_positions,
            fs=fs,
            speed_of_sound=speed_of_sound,
            least_height=_LEAST_HEIGHT,
        )
        fits = len(evidence.delays) == 0 or evidence.misfit < MISFIT
        found = [check(evidence) for check in _CHANNEL_CHECKS + (() if fits else _ARRAY_CHECKS)]
        messages = [check.message for check in found if check.verdict == "error"]
        if messages:
            warnings.warn(
                f"X does not fit mic_positions. {' '.join(messages)} "
                "See sslearn.doa.diagnose_recording for details.",
                ArrayMismatchWarning,
                stacklevel=4,
            )
