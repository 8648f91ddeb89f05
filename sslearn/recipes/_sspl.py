from sslearn.utils.param_validation import Integral, Interval, Real, StrOptions, validated

# Learning rates of table S1, of the heads and of all else: without and with predictive coding.
_RATES = {
    "flickr10k": ((2e-3, 5e-4), (5e-5, 2e-5)),
    "flickr144k": ((5e-3, 1e-3), (5e-5, 2e-5)),
    "vggsound10k": ((1e-2, 5e-3), (5e-5, 2e-5)),
    "vggsound144k": ((5e-3, 1e-3), (1e-5, 1e-5)),
}
_EPOCHS = 100, 20


@validated(
    predictive_coding=["boolean"],
    fs=[Interval(Real, 0, None, closed="neither")],
    training_set=[StrOptions(set(_RATES))],
    max_epochs=[Interval(Integral, 1, None, closed="left"), None],
)
def sspl(
    predictive_coding=True,
    *,
    image_weights=None,
    audio_weights=None,
    training_set="flickr10k",
    fs=16000,
    max_epochs=None,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Self-supervised predictive learning of pictures and sounds (SSPL), as published.

    Parameters
    ----------
    predictive_coding : bool, default=True
        Whether 5 cycles of predictive coding (PCM) correct the feature map by the sound.
    image_weights : str, Path, dict of str to array-like, or None, default=None
        Local file with the ImageNet weights of the image network, as torchvision names them, or
        the state dict. Random weights if None, from which the paper does not start.
    audio_weights : str, Path, dict of str to array-like, or None, default=None
        The same with the AudioSet weights of VGGish, as torchvggish names them.
    training_set : {"flickr10k", "flickr144k", "vggsound10k", "vggsound144k"}, default="flickr10k"
        Training set of the paper whose learning rates are used.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    max_epochs : int, default=None
        Maximum number of epochs; None means that of the released program, 20 with predictive coding
        and 100 without.
    n_jobs : int, default=None
        Threads that read later mini-batches; none if None.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights, the views and the order of samples.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    localizer : PredictiveAudioVisualLocalizer
        Localizer of pairs of picture and sound.

    See Also
    --------
    sslearn.audiovisual.PredictiveAudioVisualLocalizer : Its defaults train within minutes on a CPU.
    sacl : The system that trains its networks.

    Notes
    -----
    VGG16 up to its last convolution, with a map of 14 x 14 for pictures of 224 x 224 pixels, and
    VGGish on 3 s of sound, both frozen; 11.9 million trained weights, 21.7 million with predictive
    coding; views by crop and horizontal flip; 256 pairs per step; AdamW with a weight decay of
    1e-4 and constant rates of table S1, one for projector and predictor and one for all else.

    Published for 10,000 training pairs are a consensus IoU of 0.671 on SoundNet-Flickr, 0.743 with
    predictive coding, and of 0.253 on VGG-SS without it. They are those of the best epoch on the
    test set, while we keep the last epoch. The authors warn that rates matter a great deal.

    The last pairs of an epoch are left out if they fill no mini-batch. The paper takes a step on
    two GPUs of 128 pairs each, with common statistics of batch norm; here a step has one device.

    References
    ----------
    Z. Song, Y. Wang, J. Fan, T. Tan, Z. Zhang, "Self-supervised predictive learning: a
    negative-free method for sound source localization in visual scenes", CVPR 2022. Z. Song,
    J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false negative
    elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448.

    Examples
    --------
    >>> from sslearn import recipes
    >>> localizer = recipes.sspl(training_set="vggsound10k")
    >>> localizer.image_network, localizer.head_lr, localizer.lr
    (VGG16(), 5e-05, 2e-05)
    """
    from sslearn.audiovisual import ImageAugmentation, PredictiveAudioVisualLocalizer
    from sslearn.deep_learning import Training
    from sslearn.networks import VGG16, VGGish

    head_lr, lr = _RATES[training_set][predictive_coding]
    return PredictiveAudioVisualLocalizer(
        VGG16(weights=image_weights),
        audio_network=VGGish(weights=audio_weights),
        predictive_coding=predictive_coding,
        coding_start="random",
        hidden_size=512,
        projector_sizes=(2048, 2048, 2048),
        predictor_size=512,
        head_lr=head_lr,
        whiten=False,
        image_size=224,
        fs=fs,
        augmentation=ImageAugmentation(),
        cached_views=None,
        lr=lr,
        max_epochs=_EPOCHS[predictive_coding] if max_epochs is None else max_epochs,
        batch_size=256,
        training=Training(
            "adamw", schedule="constant", weight_decay=1e-4, keep="last", drop_last=True
        ),
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
