"""What a reader of the table has to know."""

NOTES = """\
cIoU: share of the scenes whose map overlaps the box of the sounding object by at least half, mask
at half of the range of the map. AUC: area under that share over all overlaps. pointing: share of
the scenes whose largest value is inside the box. Mean, and in brackets each seed. shuffled: cIoU /
AUC / pointing of the same localizers where each picture has the sound of another scene, whatever
its kind: in one of eight scenes it is of the kind that sounds, in one of eight of the kind of the
silent object. A deaf system has the same figures with both sounds. own - shuffled: difference in
pointing, for each seed.

Every scene has two objects, one of which sounds: whoever finds objects perfectly and does not hear
points right in half of the scenes ("box of a random object", which knows the boxes). Pointing above
that, and a gap to the shuffled sound, prove hearing; cIoU does not.

Training, validation and test scenes come from three seeds; fit never sees a box. The last epoch
counts. Settings were chosen on validation scenes, not on the test scenes of this table. Seeds vary
weights, order and views, and the pretext of the label-free network; the scenes stay. With 500 test
scenes the standard error of a share is 0.02.

Lite0: EfficientNet-Lite0 to block 4, pretrained on ImageNet with labels, frozen and whitened;
pictures are enlarged to 128 pixels. label-free network: four convolutions trained on windows of
the training pictures alone. Neither is a network of the paper, nor is the sound: mean and standard
deviation of log-mel bands stand in for a pretrained VGGish.

S4: crop to 0.75 of the side, and one more change; S5: fusion; S6: cycles of predictive coding; each
trained on 800 scenes with one seed, so that small differences say nothing.

The published figures (cIoU / AUC, 10,000 training pairs) come from other pictures and sounds, with
the epoch chosen on the test set: only their order can be compared. Guesses that ignore picture and
sound reach 0.219 / 0.313 (whole picture) and 0.341 / 0.375 (disc in the middle) on VGG-SS.
CPU s: seconds of processor time of fit, features included unless an earlier fit had kept them.
"""
