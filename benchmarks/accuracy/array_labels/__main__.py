"""What the recordings of measured arrays say about their own labels.

Run one part, or all of them::

    python -m benchmarks.accuracy.array_labels turntable
    python -m benchmarks.accuracy.array_labels all

``SSLEARN_DATA`` (or ``--data``) names the folder of measured data.
"""

import numpy as np
from numpy.polynomial.legendre import legval
from scipy.optimize import least_squares
from scipy.special import spherical_jn

from benchmarks.accuracy._data import read
from benchmarks.accuracy.classical.methods import hertz, one_frame
from benchmarks.accuracy.classical.prepare import keep_arrivals
from benchmarks.study import Study
from sslearn import datasets
from sslearn.doa import SRPPHAT, TDOALocalizer, directions_from_tdoas
from sslearn.geometry import (
    angles_to_unit_vectors,
    circular_difference,
    great_circle_distance,
    near_field_grid,
)

BANDS = [(400, 900), (600, 1200), (800, 1500), (1500, 2500), (2500, 4000), (4000, 8000)]


def open_sphere(run):
    """A4: direction from the time differences on the lit side, band by band."""
    responses = read(datasets.load_sofia_sphere, run.args.data / "sofia_sphere", "A4")
    towards = responses.mic_positions @ angles_to_unit_vectors(responses.target[:, :2])[0]
    lit = towards > 0
    X, mics = responses.rirs[:, lit, :512], responses.mic_positions[lit]
    shared = {"fs": responses.fs, "batch_transform": one_frame(512)}
    shared["speed_of_sound"] = responses.speed_of_sound
    for band in BANDS:
        method = TDOALocalizer(mics, freq_range=band, **shared).fit(X, responses.target[:, :2])
        azimuth, elevation = method.predict(X)[0]
        run.add({"band": hertz(band)}, {"azimuth": azimuth, "elevation": elevation})


def open_sphere_by_order(run):
    """A4: azimuth/elevation by plane-wave decomposition, as the check, frequency by frequency."""
    responses = read(datasets.load_sofia_sphere, run.args.data / "sofia_sphere", "A4")
    # As many points as samples in a second: bins of 1 Hz.
    spectra = np.fft.rfft(responses.rirs[0], round(responses.fs))
    grid = np.mgrid[175:185:0.1, -5:10:0.1].reshape(2, -1).T
    radius = np.linalg.norm(responses.mic_positions[0])
    cosines = angles_to_unit_vectors(grid) @ responses.mic_positions.T / radius
    for f in (800, 900, 950, 1000, 1050, 1100, 1200, 1300, 1400, 1500):
        kr = 2 * np.pi * f * radius / responses.speed_of_sound
        for order in (5, 6, 7):
            beams = legval(cosines, _modes(order, kr)) @ (responses.weights * spectra[:, f])
            azimuth, elevation = grid[np.abs(beams).argmax()]
            figures = {"kr": kr, "azimuth": azimuth, "elevation": elevation}
            run.add({"frequency": f, "order": order}, figures)


def _modes(order, kr):
    """Legendre coefficients that undo what an open sphere of cardioids does to a plane wave."""
    n = np.arange(order + 1)
    cardioid = spherical_jn(n, kr) - 1j * spherical_jn(n, kr, derivative=True)
    return (2 * n + 1) / (1j**n * cardioid)


def turntable(run):
    """Pyramic: degrees from the turntable, which neither labels nor fits were fitted to."""
    measured = read(datasets.load_pyramic_tdoa, run.args.data / "pyramic_tdoa")
    nominal = read(
        datasets.load_pyramic_tdoa, run.args.data / "pyramic_tdoa", calibrated=False
    ).target
    fitted = directions_from_tdoas(
        measured.tdoas,
        measured.mic_positions,
        pairs=measured.pairs,
        speed_of_sound=measured.speed_of_sound,
    )
    found = {"calibrated labels": measured.target, "directions_from_tdoas": fitted}
    apart = great_circle_distance(fitted, measured.target).argsort()
    for name, directions in found.items():
        errors = _turntable_errors(directions, nominal, measured.metadata["height"].to_numpy())
        furthest = {f"furthest {n}": errors[apart[-n:]].mean() for n in (8, 16, 32)}
        run.add({"directions": name}, {"all": errors.mean(), **furthest})


def _turntable_errors(directions, nominal, heights):
    """Distances from the nominal directions, but for the place of each loudspeaker."""
    errors = np.empty(len(directions))
    for height in set(heights):
        rows = heights == height
        azimuth = circular_difference(directions[rows, 0], nominal[rows, 0])
        azimuth = circular_difference(azimuth, np.median(azimuth))
        elevation = directions[rows, 1] - np.median(directions[rows, 1])
        errors[rows] = np.hypot(azimuth * np.cos(np.deg2rad(directions[rows, 1])), elevation)
    return errors


def rigid_sphere(run):
    """A3: level of each loudspeaker at the microphones that face it, in dB."""
    responses = read(datasets.load_sofia_sphere, run.args.data / "sofia_sphere", "A3")
    energy = np.square(responses.rirs).sum(axis=2)
    for vector, levels, target in zip(
        angles_to_unit_vectors(responses.target), energy, responses.target, strict=True
    ):
        cosine = responses.mic_positions @ vector / np.linalg.norm(responses.mic_positions, axis=1)
        facing = 10 * np.log10(levels[cosine > 0.5])
        run.add({"source": target[0]}, {"lowest": facing.min(), "highest": facing.max()})


def line(run):
    """Milano: centre of the wave by its onsets (with a free delay), and band by band."""
    responses = read(datasets.load_polimi_ula_rir, run.args.data / "polimi_ula_rir")
    size = np.abs(responses.rirs)
    onsets = (size >= 0.25 * size.max(axis=2, keepdims=True)).argmax(axis=2) / responses.fs
    arrivals = keep_arrivals(responses.rirs[:, :, :1024], responses.fs)
    for source, label in enumerate(responses.target):
        settings = {"source": responses.metadata["source"][source]}
        centre, delay, residual = _fit_onsets(onsets[source], label, responses.mic_positions)
        run.add({**settings, "by": "label"}, _place(label))
        fitted = {"delay ms": 1e3 * delay, "residual us": 1e6 * residual}
        run.add({**settings, "by": "onsets"}, _place(centre) | fitted)
        azimuths = centre[0] + np.arange(-10, 10.1, 0.5)
        grid = near_field_grid(azimuths, np.arange(0.15, 1.05, 0.01))
        for band in ((200, 4000), (2000, 12000)):
            method = SRPPHAT(
                responses.mic_positions,
                fs=responses.fs,
                grid=grid,
                freq_range=band,
                batch_transform=one_frame(1024),
            )
            clip = arrivals[source : source + 1]
            place = _place(method.fit(clip).predict(clip)[0])
            run.add({**settings, "by": hertz(band)}, place)


def _fit_onsets(onsets, label, mics):
    """Azimuth, elevation 0 and distance, delay and median residual of a spherical wave."""

    def residuals(parameters):
        x, y, delay = parameters
        return 1e3 * (np.hypot(x, y - mics[:, 1]) / 343.0 + delay - onsets)

    start = label[2] * angles_to_unit_vectors(label[None])[0, :2]
    fit = least_squares(residuals, [*start, 0.0], loss="soft_l1", f_scale=0.02)
    x, y, delay = fit.x
    centre = np.array([np.rad2deg(np.arctan2(y, x)), 0.0, np.hypot(x, y)])
    return centre, delay, 1e-3 * np.median(np.abs(residuals(fit.x)))


def _place(direction):
    return {"azimuth": direction[0], "distance": direction[2]}


STUDY = Study(
    "array_labels",
    "What do the recordings of measured arrays say about their own labels?",
    {
        part.__name__: part
        for part in (open_sphere, open_sphere_by_order, rigid_sphere, turntable, line)
    },
)
main = STUDY.main


if __name__ == "__main__":
    main()
