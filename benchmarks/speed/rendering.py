"""Time of binaural room responses beside the measured directivities of pyroomacoustics.

A room of 6 x 4 x 2.7 m, image sources up to order 14 included, on one thread; the error of both is
that against a response whose every image source is interpolated and delayed exactly. The head is
subject 021 of CIPIC where SSLEARN_DATA names the measured data, else the structural one.
"""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np
import pyroomacoustics as pra
from pyroomacoustics.directivities import MeasuredDirectivity, Rotation3D
from pyroomacoustics.doa import GridSphere
from scipy import fft

from benchmarks.accuracy._data import read, skipping
from benchmarks.timing import compared, timed
from sslearn.datasets import load_cipic, make_binaural, make_shoebox_rooms, structural_hrirs
from sslearn.geometry import angles_to_unit_vectors, unit_vectors_to_angles
from sslearn.simulation._head_responses import RoomRenderer
from sslearn.simulation._image_sources import SPEED_OF_SOUND, ImageSources
from sslearn.simulation._interpolation import HeadInterpolator
from sslearn.simulation._rooms import check_rooms

FS, MAX_ORDER, N_REPEATS, N_CLIPS = 16000, 14, 15, 64
RECEIVER, SOURCE = np.array([4.0, 2.5, 1.7]), np.array([3.1, 3.3, 1.5])
N_FFT = 16384


def load_head():
    """Measured head if there is one, else the structural."""
    if folder := os.environ.get("SSLEARN_DATA"):
        with skipping("the measured head"):
            return read(load_cipic, Path(folder) / "cipic", "021", fs=FS)
    return structural_hrirs(fs=FS)


def make_rooms(profile, n_rooms=1):
    """Rooms of one size."""
    sizes = ((6.0, 4.0, 2.7), (6.0, 4.0, 2.7))
    return make_shoebox_rooms(
        n_rooms, dimensions=sizes, t60=(0.3, 0.3), profile=profile, random_state=0
    )


def pyroomacoustics_renderer(head, room):
    """Function that renders with a pair of measured directivities."""
    sphere = GridSphere(cartesian_points=angles_to_unit_vectors(head.directions).T)
    front = Rotation3D([0, 0], "yz", degrees=True)
    ears = [MeasuredDirectivity(front, sphere, head.hrirs[:, ear], FS) for ear in (0, 1)]
    materials = {wall: pra.Material(value) for wall, value in room["absorption"].items()}

    def render():
        box = pra.ShoeBox(room["sizes"], fs=FS, materials=materials, max_order=MAX_ORDER)
        box.add_source(SOURCE)
        pair = np.stack([RECEIVER, RECEIVER], axis=1)
        box.add_microphone_array(pra.MicrophoneArray(pair, FS, directivity=ears))
        box.image_source_model()
        box.compute_rir()
        # Its filters of fractional delays begin 40 samples before the sound.
        return [ear[0][40:] for ear in box.rir]

    return render


def image_sources(room):
    """Image sources seen from the head."""
    return ImageSources(room, SOURCE, RECEIVER[None], fs=FS, max_order=MAX_ORDER)


def our_renderer(head, room):
    """Function that renders with the table of the head."""
    renderer = RoomRenderer(head)

    def render():
        images = image_sources(room)
        return renderer.render(*images.listed(), images.filters)

    return render


def exact_response(head, room):
    """Spectra (2, n_freqs) with every image source interpolated and delayed exactly."""
    images = image_sources(room)
    positions, damping = images.listed()
    distance = np.linalg.norm(positions, axis=1)
    gains = np.ones((1, N_FFT // 2 + 1)) if images.filters is None else images.filters(N_FFT)
    responses = HeadInterpolator(head)(unit_vectors_to_angles(positions))
    total = np.zeros((2, N_FFT // 2 + 1), dtype=complex)
    for k, response in enumerate(responses):
        delay = distance[k] * FS / SPEED_OF_SOUND
        shift = np.exp(-2j * np.pi * fft.rfftfreq(N_FFT) * delay) / distance[k]
        total += fft.rfft(response, N_FFT) * shift * (damping[:, k] @ gains)
    return total


def error_in_db(response, exact):
    """Energy of the error beside that of the exact response."""
    spectra = np.stack([fft.rfft(ear, N_FFT) for ear in response])
    return 10 * np.log10(np.square(np.abs(spectra - exact)).sum() / np.square(np.abs(exact)).sum())


class BinauralRendering:
    """asv: rendering in rooms."""

    params = ("flat", "octave")
    param_names = ("profile",)

    def setup(self, profile):
        """Make a head and rooms."""
        self.head, self.rooms = load_head(), make_rooms(profile, 4)

    def time_make_binaural(self, profile):
        """Sixteen clips of 2 s."""
        make_binaural(16, heads=self.head, rooms=self.rooms, duration=2.0, random_state=0)


def measure(run):
    """Responses and clips."""
    pra.constants.set("num_threads", 1)
    head = load_head()
    shared = {"head": head.name, "order": MAX_ORDER}
    for profile in ("flat", "octave"):
        room = check_rooms(make_rooms(profile))[0]
        ours, theirs = our_renderer(head, room), pyroomacoustics_renderer(head, room)
        n_rounds = 1 if run.quick else N_REPEATS if profile == "flat" else 3
        figures = compared(ours, theirs, n_rounds, time.perf_counter)
        exact = exact_response(head, room)
        figures |= {
            "error": error_in_db(ours(), exact),
            "their error": error_in_db(theirs(), exact),
        }
        settings = {"what": f"response of a measured head, {profile} absorption", **shared}
        settings["against"] = "directivities of pyroomacoustics"
        run.add(settings, figures | {"aim": "3 or more"})
        make = partial(
            make_binaural,
            8 if run.quick else N_CLIPS,
            heads=head,
            rooms=make_rooms(profile, 4),
            fs=FS,
            duration=2.0,
            random_state=0,
        )
        seconds = timed([make], 1 if run.quick else 3, time.perf_counter).min()
        settings = {"what": f"make_binaural, clip of 2 s, {profile} absorption", **shared}
        milliseconds = 1e3 * seconds / make.args[0]
        run.add(settings, {"ours": milliseconds, "aim": "25 ms or less"})
