"""What a reader has to know of the tables of the classical localizers."""

_SETTINGS = """Speech and recordings are at 16 kHz with `STFT(512)`; what is not named has the
default of the package: 200 to 4000 Hz, the top of the parabola at the peak. "MVDR" and "MUSIC"
stand for `normalize=False`, "normalized" for the default. No setting differs from clip to clip."""

_R3VIVAL = """Absolute errors of the azimuth in degrees, 20 positions at 1.5 to 3 m; absorption of
the wall panels 0, 50 and 100 %, T20 0.62, 0.46 and 0.41 s. Grid of 1 degree. The check is a fit to
the time differences of the direct sounds: mean, largest in brackets. Direct sound: one frame, 4 ms
around the first arrival. Speech: 4 clips of 2 s per position (1 with `--quick`). The intensity
comes from the pressure gradient of the six microphones, up to 1100 Hz; its mean is pulled by
early reflections, its histogram less so. All but the intensity have the same error of 1 degree
for the direct sound, which is that of the labels."""

_PYRAMIC = """Great-circle errors in degrees over 360 directions; the check, a robust fit, has its
largest error in brackets. The calibrated labels were fitted to these very differences. Plain least
squares comes nearest to them where no outlier spoils it (see the medians), so they were probably
fitted like that. Against the nominal labels, which are independent, the medians do not differ.

Both weights have the constant of 99 % efficiency on Gaussian errors. Huber's reach the check. With
Tukey's, the default, the largest error is 0.48 because they leave out what the labels took in: in
the 8 directions that are furthest apart two or three microphones are off by 7 to 16 mm of path, 6
to 16 times the scale of the residuals there. Judged by the turntable, which neither has seen, this
is the better fit: 0.57 against 0.72 degrees in these 8, 0.69 against 0.81 in the 16 that are
furthest apart (`python -m benchmarks.accuracy.array_labels`). It is also the better one where gross
outliers are simulated (`tests/doa/test_tdoa.py`), which is why it stays the default."""

_SOFIA = """Errors of the azimuth of each source in degrees, with their sign (A1 and A3: sources at
45, 15, -15 and -45; A4: at 180; nan: not found); their spread, the largest deviation from the
median, which is the rotation of the array; the largest error of the elevation. The steering is that
of plane waves in free field, on a grid of 6 degrees (A1 up to 10 kHz: 4 degrees, elevations up to
20). One frame that holds the direct sound. The checks are a plane-wave decomposition that knows the
sphere, of order 5 to 7 (A1: 8): errors of the azimuths; elevation.

A4: the answer depends on the frequency. By the time differences on the lit side the wave's
elevation is 1.1 to 1.6 degrees below 1.2 kHz and 6.0 degrees above 2.5 kHz, as if the upper driver
of the loudspeaker stood higher. The method of the check, plane-wave decomposition with the weights
of the quadrature and the radial functions of cardioids, says so too: with orders 5, 6 and 7 it
finds azimuth/elevation of 180.5/0.2, 180.7/0.5 and 180.6/0.9 at 1 kHz, where the example of the
toolbox shows this measurement, but elevations of 3.1 to 4.4 from 1.2 to 1.5 kHz. The check names no
frequency; its figure is that of order 7 at 0.9 to 1 kHz. Hence the third band, around 1 kHz, up to
where kr is 5: above it the array needs higher orders than the lowest one of the check. Localizers
reach the check there with this frame of 12 ms; the whole response of 32 ms gives them elevations of
1.1 to 1.7. The first two bands are no comparison with the check. Weighing microphones by their
level (MVDR) or not (SRPPHAT) makes less than a degree of difference, and so did, in bands above 400
Hz, weighing them by the gain of a cardioid.

A3: a rigid sphere delays sound 1.5 times as much as its radius says at low frequencies, and less
than that around its far side at high ones. This is symmetric about the source, so that free-field
steering has lower and wider peaks but no bias; a radius 1.5 times as large changes little. The
levels of the first two loudspeakers at microphones that face them differ by 22 and 7 dB (the other
two: 1), for they fall while the microphone is moved about the sphere. Methods that weigh
microphones by their level (MVDR, MUSIC, the check) are off by some degrees for the first source;
phases alone (SRPPHAT, TDOALocalizer) are not.

A1: four coherent sources 30 degrees apart, in one frame. The default band merges them. From 1 to 10
kHz all four are found; this band was chosen on this one measurement.

`python -m benchmarks.accuracy.array_labels` measures what is said of levels and elevations."""

_UWA = """Absolute errors of the angle from broadside in degrees, 12 angles. nominal: mean error of
the estimates as they are, which is what a user gets; perfect estimates would have 8.5 degrees in
the chamber and 9.3 in the room, because the zero mark of the mount is off and the spacing is less
than stated. given: mean error with the offset and spacing that come with the data (8.2 degrees and
82.0 mm; 8.8 degrees and 80.9 mm). fitted: mean, median and largest error with the offset and the
spacing that suit these twelve estimates best, as the check (mean, largest in brackets) has them:
two numbers fitted to twelve angles that are then tested, so a comparison with the check and no
measure of what to expect. Where the fit is far from what is given, in the room above all, a small
fitted error means nothing.
Band of 500 to 3000 Hz, that of the sweep; grid of 1 degree.

recording: all 5 s at 16 kHz. The sweep is one frequency at a time; with PHAT the other ones, which
are noise and reverberation, have the same say. In the room all plain methods fail: the spacing
that fits is half the true one or less.

first arrival: compressed with the sweep that was played, cut 4 ms wide around the first arrival
above half of the largest, as the check does; one frame. There SRPPHAT and TDOALocalizer reach the
check in both rooms. One frame has a covariance of rank 1: the spectrum of MUSIC without
normalization has no upper bound where a frequency happens to fit a direction, which decides alone,
and ESPRIT, which weighs frequencies by their noise, has none to estimate."""

_MOM = """Degrees: error of azimuth and elevation of source A and its angle on the great circle, the
same of source B; nan: no second peak. Grid of 2 degrees, `PeakDecoder(2)`. 200 to 4000 Hz is the
default, about up to where the ring aliases (3.7 kHz); 300 to 5000 Hz is the band of the check,
which is SRP-PHAT. The check is the point of a grid of 2 degrees: we find the very same points. The
top between them is at 99/28, 2 degrees from what was read off a figure, to 1 degree, as the truth.
ESPRIT takes the sources to be on the horizontal plane, which they are not (25 and 61 degrees), and
TDOALocalizer finds one."""

_POLIMI = """Absolute error of the bearing from the centre of the array in degrees, and mean error
of the distance in cm, against the positions that the authors estimated. Direct sound: each response
silenced but for 0.5 ms before to 1 ms after it first reaches a quarter of its peak; one frame, 2 to
12 kHz (chosen after a look at these six), azimuths every degree. Speech: 2 clips of 2 s per source,
200 to 4000 Hz, every 2.5 degrees. Distances every 2.8 cm from 0.2 m.

The stated positions fit the arrival times without any delay of the equipment, while the curvature
of the waves asks for 0.18 to 0.22 ms (6 to 8 cm) with each of the six sources: all come out nearer
than stated, and near ones that stand to the side further out. The centre of a near source also
moves with frequency: source 1, stated at 48.8 degrees, is at 51.9 by its onsets, at 53.6 from 2 to
12 kHz and at 58.3 from 0.2 to 4 kHz (`python -m benchmarks.accuracy.array_labels`). That is why
speech, which is low, is further from the labels than the check for the sources at 0.35 to 0.5 m.

TDOALocalizer, ESPRIT and what is named so take the waves to be plane, which they are not here."""

NOTES = {
    name: f"{text}\n\n{_SETTINGS}"
    for name, text in {
        "r3vival": _R3VIVAL,
        "pyramic": _PYRAMIC,
        "sofia": _SOFIA,
        "uwa": _UWA,
        "mom": _MOM,
        "polimi": _POLIMI,
    }.items()
}
