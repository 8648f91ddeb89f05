"""Time of binaural room responses beside the measured directivities of pyroomacoustics.

Run ``python -m benchmarks.speed.rendering``: for a room of 6 x 4 x 2.7 m, image sources up to order
14 and one thread it prints the time of a response with both, image sources included, their ratio
(aim: at least 3), the error of both against a response whose every image source is interpolated and
delayed exactly, and the time of a whole clip of 2 s of ``make_binaural`` (aim: below 25 ms). The
head is subject 021 of CIPIC where SSLEARN_DATA names the measured data, else the structural one.
"""

import os
import time
from pathlib import Path

import numpy as np
import pyroomacoustics as pra
from pyroomacoustics.directivities import MeasuredDirectivity, Rotation3D
from pyroomacoustics.doa import GridSphere
from scipy import fft

from benchmarks.accuracy._data import read, skipping
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


def fastest(function, n_repeats=N_REPEATS):
    """Result and the least time of some calls, in milliseconds."""
    times = []
    for _ in range(n_repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return result, 1e3 * min(times)


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


def main():
    """Print the comparison."""
    pra.constants.set("num_threads", 1)
    head = load_head()
    print(f"head {head.name}, {len(head.directions)} directions, order {MAX_ORDER}, {FS} Hz")
    for profile in ("flat", "octave"):
        room = check_rooms(make_rooms(profile))[0]
        exact = exact_response(head, room)
        ours, time_ours = fastest(our_renderer(head, room))
        n_repeats = N_REPEATS if profile == "flat" else 3
        theirs, time_theirs = fastest(pyroomacoustics_renderer(head, room), n_repeats)
        print(
            f"{profile:<6} absorption: {time_ours:.1f} ms, pyroomacoustics {time_theirs:.1f} ms, "
            f"ratio {time_theirs / time_ours:.1f}; error {error_in_db(ours, exact):.1f} dB, "
            f"pyroomacoustics {error_in_db(theirs, exact):.1f} dB"
        )
    for profile in ("flat", "octave"):
        rooms = make_rooms(profile, 4)
        _, milliseconds = fastest(
            lambda rooms=rooms: make_binaural(
                N_CLIPS, heads=head, rooms=rooms, fs=FS, duration=2.0, random_state=0
            ),
            n_repeats=3,
        )
        print(f"make_binaural, 2 s, {profile}: {milliseconds / N_CLIPS:.1f} ms per clip")


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


if __name__ == "__main__":
    main()
