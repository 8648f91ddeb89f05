import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sslearn.doa import MUSIC, MVDR, SRPPHAT
from sslearn.encoding import ArgmaxDecoder, PeakDecoder
from sslearn.exceptions import AmbiguityWarning, SilenceWarning, SpatialAliasingWarning
from sslearn.features import STFT
from sslearn.geometry import (
    circular_array,
    circular_grid,
    fibonacci_grid,
    great_circle_distance,
    linear_array,
    near_field_grid,
    propagation_delays,
    rectangular_array,
    sphere_grid,
    spherical_array,
)
from sslearn.metrics import angular_error

CIRCLE, LINE, SPHERE = circular_array(6, 0.05), linear_array(4, 0.04), spherical_array(12, 0.06)
LOCALIZERS = [SRPPHAT, MVDR, MUSIC]
# Largest error in degrees without noise: far below the 2 degrees of the grid.
TOLERANCE = {SRPPHAT: 0.02, MUSIC: 0.05, MVDR: 0.2}

pytestmark = pytest.mark.filterwarnings("error")
everywhere = pytest.mark.parametrize("cls", LOCALIZERS)


@everywhere
def test_exact_on_plane_waves_around_the_circle(cls, spectra_of_waves):
    azimuth = np.concatenate([np.linspace(-180, 180, 37, endpoint=False), [179.9, -179.2, 0.37]])
    predicted = (
        cls(CIRCLE)
        .fit(spectra_of_waves(CIRCLE, azimuth))
        .predict(spectra_of_waves(CIRCLE, azimuth))
    )
    assert predicted.shape == azimuth.shape
    assert angular_error(azimuth, predicted).max() < TOLERANCE[cls]


@everywhere
def test_exact_on_plane_waves_in_front_of_a_line(cls, spectra_of_waves):
    azimuth = np.linspace(-83, 83, 31)
    X = spectra_of_waves(LINE, azimuth)
    localizer = cls(LINE).fit(X)
    assert (np.abs(localizer.grid_) <= 90).all()
    # Near the ends of the line the angle is steep in the delay.
    assert angular_error(azimuth, localizer.predict(X)).max() < 0.3


@everywhere
def test_exact_on_plane_waves_over_the_sphere_and_at_the_poles(cls, spectra_of_waves):
    directions = np.concatenate([fibonacci_grid(40), [[0, 90], [0, -90], [-180, 10], [50, 89]]])
    X = spectra_of_waves(SPHERE, directions)
    predicted = cls(SPHERE).fit(X, directions).predict(X)
    assert predicted.shape == directions.shape
    assert great_circle_distance(directions, predicted).max() < 2 * TOLERANCE[cls]


@everywhere
def test_a_plane_of_microphones_hears_from_above(cls, spectra_of_waves):
    directions = np.array([[30.0, 20.0], [-100.0, 45.0], [170.0, 70.0]])
    X = spectra_of_waves(CIRCLE, directions)
    localizer = cls(CIRCLE).fit(X, directions)
    assert localizer.grid_[:, 1].min() >= 0
    assert great_circle_distance(directions, localizer.predict(X)).max() < 0.5


@everywhere
@pytest.mark.parametrize("level", [1e-5, 1e5])
def test_the_level_does_not_matter(cls, level, spectra_of_waves):
    azimuth = np.array([-100.3, 10.0, 77.7])
    X = spectra_of_waves(CIRCLE, azimuth)
    localizer = cls(CIRCLE).fit(X)
    expected = localizer.predict(X)
    np.testing.assert_allclose(localizer.predict(np.float32(level) * X), expected, atol=1e-2)


@everywhere
def test_an_upright_plane_of_microphones_hears_from_the_front(cls, spectra_of_waves):
    mics = rectangular_array((2, 3), 0.05)[:, [2, 1, 0]]
    directions = np.array([[30.0, 20.0], [-60.0, -45.0]])
    X = spectra_of_waves(mics, directions)
    assert great_circle_distance(directions, cls(mics).fit(X, directions).predict(X)).max() < 0.5
    localizer = cls(mics).fit(X)
    assert np.abs(localizer.grid_).max() <= 90


@pytest.mark.parametrize("cls", [SRPPHAT, MVDR])
def test_sources_in_the_near_field(cls):
    mics = linear_array(8, 0.06)
    grid = near_field_grid(np.arange(-60.0, 61.0, 5.0), [0.25, 0.5, 1.0, 2.0])
    truth = np.array([[-30.0, 0.0, 0.5], [10.0, 0.0, 0.25], [45.0, 0.0, 1.0]])
    freqs = np.arange(257) * 16000 / 512
    rng = np.random.default_rng(0)
    source = rng.standard_normal((3, 1, 257, 40)) + 1j * rng.standard_normal((3, 1, 257, 40))
    delays = propagation_delays(mics, truth)
    X = source * np.exp(-2j * np.pi * freqs * delays[..., None])[..., None]
    predicted = cls(mics, grid=grid, decoder=ArgmaxDecoder()).fit(X).predict(X)
    np.testing.assert_array_equal(predicted, truth)


@everywhere
@pytest.mark.parametrize("n_sources", [2, 3])
def test_several_sources(cls, n_sources, spectra_of_waves):
    mics = circular_array(8, 0.08)
    truth = np.array([[-170.0, -60.0, 50.0], [175.0, 100.0, -20.0]])[:, :n_sources]
    X = spectra_of_waves(mics, truth[..., None], duration=1.0)
    decoder = PeakDecoder(n_sources, refine="parabola" if cls is SRPPHAT else "lorentzian")
    localizer = cls(mics, decoder=decoder)
    if cls is MUSIC:
        localizer.set_params(n_sources=n_sources)
    predicted = localizer.fit(X, truth[..., None]).predict(X)
    assert predicted.shape == (2, n_sources, 1)
    # The lobes of SRP-PHAT are broad: one source moves the peak of the other.
    assert angular_error(truth[..., None], predicted).max() < (3.0 if cls is SRPPHAT else 0.5)


@pytest.mark.parametrize("cls", [MVDR, MUSIC])
def test_two_sources_over_the_sphere(cls, spectra_of_waves):
    truth = np.array([[[-170.0, 40.0], [60.0, -30.0]], [[0.0, 90.0], [179.0, 0.0]]])
    X = spectra_of_waves(SPHERE, truth, duration=1.0)
    localizer = cls(SPHERE, decoder=PeakDecoder(2, refine="lorentzian"))
    if cls is MUSIC:
        localizer.set_params(n_sources=2)
    assert angular_error(truth, localizer.fit(X, truth).predict(X)).max() < 0.5


@everywhere
def test_noise_costs_little(cls, spectra_of_waves):
    azimuth = np.linspace(-180, 180, 40, endpoint=False)
    X = spectra_of_waves(CIRCLE, azimuth, snr=10)
    assert np.median(angular_error(azimuth, cls(CIRCLE).fit(X).predict(X))) < 0.5


@everywhere
def test_spectrum_peaks_at_the_truth(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [40.0, -180.0])
    localizer = cls(CIRCLE, grid=circular_grid(5.0)).fit(X)
    spectrum = localizer.spatial_spectrum(X)
    assert spectrum.shape == (2, 72)
    assert spectrum.dtype == np.float32
    assert localizer.grid_[spectrum.argmax(axis=1)].tolist() == [40.0, -180.0]


def test_srp_of_one_plane_wave_is_one_at_its_direction(spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [40.0], duration=2.0)
    spectrum = SRPPHAT(CIRCLE, grid=circular_grid(5.0)).fit(X).spatial_spectrum(X)
    assert 0.98 < spectrum.max() <= 1.0 + 1e-6
    assert spectrum.min() >= -1


def test_srp_is_the_steered_sum_to_single_precision(spectra_of_waves):
    X = spectra_of_waves(SPHERE, [40.0, -10.0], snr=0)
    localizer = SRPPHAT(SPHERE, grid=circular_grid(10.0)).fit(X)
    delays = propagation_delays(SPHERE, circular_grid(10.0))
    freqs = np.arange(257)[localizer.bins_] * 16000 / 512
    phases = X[:, :, localizer.bins_].astype(complex)
    phases /= np.abs(phases)
    steered = np.einsum(
        "nmft,fdm->nfdt", phases, np.exp(2j * np.pi * freqs[:, None, None] * delays)
    )
    power = (np.abs(steered) ** 2).mean(axis=(1, 3))
    expected = (power - 12) / (12 * 11)
    np.testing.assert_allclose(localizer.spatial_spectrum(X), expected, atol=2e-6)


@everywhere
def test_blocks_make_a_track(cls, spectra_of_waves):
    first, second = spectra_of_waves(CIRCLE, [20.0]), spectra_of_waves(CIRCLE, [100.0])
    X = np.concatenate([first[..., :20], second[..., :25]], axis=3)
    localizer = cls(CIRCLE, block_size=10).fit(X)
    track = localizer.predict(X)
    assert track.shape == (1, 5, 1, 1)
    np.testing.assert_allclose(track.ravel(), [20, 20, 100, 100, 100], atol=0.5)
    assert localizer.spatial_spectrum(X).shape == (1, 5, len(localizer.grid_))
    sources = cls(CIRCLE, block_size=10, decoder=PeakDecoder(2)).fit(X).predict(X)
    assert sources.shape == (1, 5, 2, 1)


@everywhere
def test_straight_from_audio_of_any_length(cls):
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal((6, n), dtype=np.float32) for n in (4000, 6000, 5000)]
    localizer = cls(CIRCLE, batch_transform=STFT(512)).fit(clips)
    predicted = localizer.predict(clips)
    for clip, y in zip(clips, predicted, strict=True):
        spectrum = STFT(512).transform(clip[None])
        assert np.isclose(cls(CIRCLE).fit(spectrum).predict(spectrum)[0], y, atol=1e-3)
    tracks = clone(localizer).set_params(block_size=5).fit(clips).predict(clips)
    # 28, 43 and 36 frames: what is missing of a track is NaN.
    n_blocks = np.isfinite(tracks[..., 0, 0]).sum(axis=1)
    assert tracks.shape == (3, 9, 1, 1) and n_blocks.tolist() == [6, 9, 8]
    for clip, track, n in zip(clips, tracks, n_blocks, strict=True):
        alone = clone(localizer).set_params(block_size=5).fit([clip]).predict([clip])
        np.testing.assert_allclose(track[:n], alone[0], atol=1e-3)


@everywhere
def test_threads_and_chunks_change_nothing(cls, spectra_of_waves, monkeypatch):
    X = spectra_of_waves(CIRCLE, np.linspace(-170, 170, 9), snr=10)
    expected = cls(CIRCLE).fit(X).predict(X)
    monkeypatch.setattr("sslearn.doa._clips._CHUNK_BYTES", 1)
    np.testing.assert_allclose(cls(CIRCLE, n_jobs=2).fit(X).predict(X), expected, atol=1e-4)


@everywhere
def test_double_precision_is_kept(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [10.0, 50.0], snr=20)
    localizer = cls(CIRCLE).fit(X)
    assert localizer.spatial_spectrum(X.astype(complex)).dtype == np.float64
    np.testing.assert_allclose(
        localizer.predict(X), localizer.predict(X.astype(complex)), atol=0.01
    )


@everywhere
def test_one_frame(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [33.0])[..., :1]
    assert np.abs(cls(CIRCLE).fit(X).predict(X) - 33).max() < 5


def test_fewer_frames_than_sources_are_refused(spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [33.0])
    localizer = MUSIC(CIRCLE, n_sources=3).fit(X)
    with pytest.raises(ValueError, match="at least 3 frames"):
        localizer.predict(X[..., :2])
    with pytest.raises(ValueError, match="block_size"):
        MUSIC(CIRCLE, n_sources=3, block_size=2).fit(X).predict(X)


@pytest.mark.parametrize("n_sources", [6, 7])
def test_too_many_sources_are_refused(n_sources, spectra_of_waves):
    with pytest.raises(ValueError, match="n_sources must be below the number of microphones, 6"):
        MUSIC(CIRCLE, n_sources=n_sources).fit(spectra_of_waves(CIRCLE, [0.0]))


@everywhere
def test_silence_warns_and_answers_with_a_direction(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [10.0, 20.0, 30.0])
    X[1] = 0
    localizer = cls(CIRCLE).fit(X)
    with pytest.warns(SilenceWarning, match="6 channel.*sample 1, channel 0") as record:
        predicted = localizer.predict(X)
    assert record[0].filename == __file__
    np.testing.assert_allclose(predicted[[0, 2]], [10, 30], atol=0.5)
    assert np.isfinite(predicted[1])


@everywhere
def test_silence_has_no_peak(cls, spectra_of_waves):
    X = np.zeros_like(spectra_of_waves(CIRCLE, [10.0]))
    with pytest.warns(SilenceWarning):
        predicted = cls(CIRCLE, decoder=PeakDecoder(2)).fit(X).predict(X)
    assert np.isnan(predicted).all()


@everywhere
def test_silent_blocks_of_a_track_hold_no_source(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [20.0])
    X[..., 10:20] = 0
    track = cls(CIRCLE, block_size=10, decoder=PeakDecoder(1)).fit(X).predict(X)[0, :, 0, 0]
    assert np.flatnonzero(np.isnan(track)).tolist() == [1]


@everywhere
def test_a_dead_channel_warns(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [10.0])
    X[:, 2] = 0
    with pytest.warns(SilenceWarning, match="1 channel.*channel 2"):
        cls(CIRCLE).fit(X).predict(X)


@everywhere
def test_front_and_back_of_a_line_are_ambiguous(cls, spectra_of_waves):
    X = spectra_of_waves(LINE, [10.0])
    with pytest.warns(AmbiguityWarning, match="a line: .*sound alike") as record:
        cls(LINE, grid=circular_grid(5)).fit(X)
    assert record[0].filename == __file__
    with pytest.warns(AmbiguityWarning, match="a plane"):
        cls(CIRCLE, grid=sphere_grid(10)).fit(spectra_of_waves(CIRCLE, [10.0]))


@everywhere
def test_arrays_that_cannot_answer_are_refused(cls, spectra_of_waves):
    X = spectra_of_waves(LINE, [10.0])
    with pytest.raises(ValueError, match="mic_positions must span 2 dimensions"):
        cls(LINE).fit(X, [[10.0, 5.0]])
    with pytest.raises(ValueError, match="vertical line"):
        cls(LINE[:, [0, 2, 1]]).fit(X)
    with pytest.raises(ValueError, match="different places"):
        cls(np.zeros((4, 3))).fit(X)
    with pytest.raises(ValueError, match="at least 2"):
        cls(LINE[:1]).fit(X[:, :1])
    with pytest.raises(ValueError, match="grid must be given to find distances"):
        cls(CIRCLE).fit(spectra_of_waves(CIRCLE, [1.0]), [[10.0, 5.0, 1.0]])


@everywhere
def test_layouts_of_y_and_grid_must_agree(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [10.0])
    with pytest.raises(ValueError, match="grid must be laid out like y, which holds 2"):
        cls(CIRCLE, grid=circular_grid(5)).fit(X, [[10.0, 5.0]])


@everywhere
def test_aliasing_warns(cls, spectra_of_waves):
    wide = linear_array(4, 0.2)
    X = spectra_of_waves(wide, [10.0])
    with pytest.warns(SpatialAliasingWarning, match="up to 3469 Hz.*below 0.0494 m"):
        cls(wide, freq_range=(3400, 3500)).fit(X)
    # Over a wide band no other direction sounds alike at all frequencies.
    cls(wide).fit(X)
    cls(LINE, freq_range=(3400, 3500)).fit(X)


@everywhere
def test_other_frequencies_than_in_fit_are_refused(cls, spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [10.0])
    with pytest.raises(ValueError, match="n_freqs=257 frequencies"):
        cls(CIRCLE).fit(X).predict(X[:, :, :129])


@everywhere
def test_freq_range_is_checked(cls, spectra_of_waves):
    with pytest.raises(ValueError, match="freq_range"):
        cls(CIRCLE, freq_range=(200, 9000)).fit(spectra_of_waves(CIRCLE, [10.0]))
    X = spectra_of_waves(CIRCLE, [10.0])
    np.testing.assert_allclose(cls(CIRCLE, freq_range=None).fit(X).predict(X), 10, atol=0.5)


def test_music_of_one_frequency_is_the_textbook_formula(spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [40.0], snr=10, dtype=np.float64)
    localizer = MUSIC(CIRCLE, n_sources=2, normalize=False, freq_range=(1000, 1020)).fit(X)
    snapshots = X[0, :, 32]
    noise = np.linalg.eigh(snapshots @ snapshots.conj().T)[1][:, :-2]
    steering = np.exp(-2j * np.pi * 1000 * propagation_delays(CIRCLE, localizer.grid_))
    expected = 6 / (np.abs(steering.conj() @ noise) ** 2).sum(axis=1)
    np.testing.assert_allclose(localizer.spatial_spectrum(X)[0], expected, rtol=1e-4)


def test_mvdr_of_one_frequency_is_the_textbook_formula(spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [40.0], snr=10, dtype=np.float64)
    localizer = MVDR(CIRCLE, diagonal_loading=0.01, normalize=False, freq_range=(1000, 1020)).fit(X)
    snapshots = X[0, :, 32]
    R = snapshots @ snapshots.conj().T / snapshots.shape[1]
    inverse = np.linalg.inv(R + 0.01 * np.trace(R).real / 6 * np.eye(6))
    steering = np.exp(-2j * np.pi * 1000 * propagation_delays(CIRCLE, localizer.grid_))
    expected = 6 / np.einsum("dm,mn,dn->d", steering.conj(), inverse, steering).real
    np.testing.assert_allclose(localizer.spatial_spectrum(X)[0], expected, rtol=1e-4)


def test_normalizing_frequencies_bounds_the_spectrum(spectra_of_waves):
    X = spectra_of_waves(CIRCLE, [40.0], snr=10)
    spectrum = MUSIC(CIRCLE).fit(X).spatial_spectrum(X)
    assert 0 < spectrum.min() < spectrum.max() <= 1


def test_search_over_a_pipeline(spectra_of_waves):
    from sslearn.datasets import make_plane_waves

    X, y = make_plane_waves(
        24, mic_positions=CIRCLE, azimuth_range=(-180, 180), random_state=0, return_X_y=True
    )
    search = GridSearchCV(
        make_pipeline(STFT(512), SRPPHAT(CIRCLE)),
        {"stft__n_fft": [256, 512], "srpphat__freq_range": [(200, 400), (200, 4000)]},
        cv=3,
    ).fit(X, y)
    assert search.best_params_["srpphat__freq_range"] == (200, 4000)
    assert search.best_score_ > 0.99
