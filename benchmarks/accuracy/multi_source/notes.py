"""What a reader of the table has to know."""

NOTES = """\
Missed detections and false alarms in percent of the true sources, and the mean error in degrees of
the sources that are found, at a tolerance of 5 degrees, in frames of 0.1 s with an active source;
summed over all frames, and (per clip) averaged over clips as the authors' program does. GFLOP/s:
twice the multiply-accumulates of matrix products and convolutions per second of audio.

The published figures (missed / false alarms / error of hits; operations; parameters) are those of
RealMAN, which is too large to bundle; ours come from another set, so that only the order of the
systems can be compared.

Clips: two talkers of LibriSpeech, 4 s, each at rest or moving at 0.2 to 1 m/s with equal
probability, mixed with the four kinds of overlap of the paper, 30 % with a single talker; rooms of
4 x 4 x 2.5 to 10 x 10 x 4 m, reverberation times of 0.2 to 0.8 s, by the image method, with a
diffuse tail in the training clips; diffuse noise made of recordings at -5 to 15 dB, which is the
ratio to all sound of the talkers. Both talkers are equally loud at the array. Speakers, rooms and
pieces of noise of the tests are not those of the training. Published: recordings of loudspeakers in
rooms, with noise recorded there; validation and test with an overlap of 0 to 100 %.

measured: the same weights on speech through the responses of R3VIVAL (one room, panels that absorb
0, 50 and 100 %), five of its like microphones, for whose true positions the training clips are
simulated; talkers at rest, the same speech, noise and overlaps.

threshold: that of the detector, chosen on validation clips by the least root of the summed squares
of both rates, as SRP-DNN does (0.10 to 0.95 of the score, 1 for a perfect match; quantiles of the
peaks of SRP-PHAT and MUSIC, together with the length of their blocks, 0.1, 0.2 or 0.4 s). The
column "published threshold" has missed / false alarms / error of hits with the paper's own.

FN-SSL localizes a single source and is not among the systems. One training with one seed each.
"""
