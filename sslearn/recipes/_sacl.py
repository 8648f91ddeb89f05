from sslearn.utils.param_validation import Interval, Real, StrOptions, validated

# Learning rates of table S2.
_RATES = {"flickr10k": 2e-4, "flickr144k": 1e-4, "vggsound10k": 2e-4, "vggsound144k": 1e-4}


@validated(fs=[Interval(Real, 0, None, closed="neither")], training_set=[StrOptions(set(_RATES))])
def sacl(
    *,
    image_weights=None,
    audio_weights=None,
    training_set="flickr10k",
    fs=16000,
    max_epochs=100,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Semantically aware contrasts of pictures and sounds (SACL), as published.

    Parameters
    ----------
    image_weights : str, Path, dict of str to array-like, or None, default=None
        Local file with the ImageNet weights of the image network, as torchvision names them, or
        the state dict. Random weights if None, from which the paper does not start.
    audio_weights : str, Path, dict of str to array-like, or None, default=None
        The same with the AudioSet weights of VGGish, as torchvggish names them.
    training_set : {"flickr10k", "flickr144k", "vggsound10k", "vggsound144k"}, default="flickr10k"
        Training set of the paper whose learning rate is used.
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    max_epochs : int, default=100
        Maximum number of epochs.
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
    localizer : SemanticContrastiveLocalizer
        Localizer of pairs of picture and sound.

    See Also
    --------
    sslearn.audiovisual.SemanticContrastiveLocalizer : Its defaults train within minutes on a CPU.

    Notes
    -----
    ResNet-18 with a map of 14 x 14 for pictures of 224 x 224 pixels, and VGGish on 3 s of sound,
    both trained, 83.6 million weights in all; graph-based segments; three quarters of the
    mini-batch as negatives; a temperature of 0.005; views by crop, horizontal flip, color jitter,
    gray and blur; AdamW with a constant rate of 2e-4 (1e-4 for the sets of 144,000 pairs) and a
    weight decay of 1e-4.

    Published are a consensus IoU of 0.815 on SoundNet-Flickr for ``"flickr10k"``, 0.851 for
    ``"flickr144k"``; on VGG-SS 0.360 for ``"vggsound10k"``, 0.380 for ``"vggsound144k"``. They are
    those of the best epoch on the test set, while we keep the last epoch.

    The paper takes 256 pairs per step on four GPUs, with statistics of batch norm over all of them,
    and contrasts the 64 pairs of each GPU. Our mini-batches have 64 pairs.

    References
    ----------
    Z. Song, J. Zhang, Y. Wang, J. Fan, Z. Zhang, "Enhancing sound source localization via false
    negative elimination", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2024,
    arXiv:2408.16448.

    Examples
    --------
    >>> from sslearn import recipes
    >>> localizer = recipes.sacl(training_set="vggsound144k")
    >>> localizer.image_network, localizer.temperature, localizer.lr
    (ResNet18(), 0.005, 0.0001)
    """
    from sslearn.audiovisual import ImageAugmentation, SemanticContrastiveLocalizer
    from sslearn.deep_learning import Training
    from sslearn.networks import ResNet18, VGGish

    return SemanticContrastiveLocalizer(
        ResNet18(weights=image_weights),
        audio_network=VGGish(weights=audio_weights),
        train_networks=True,
        segments="felzenszwalb",
        temperature=0.005,
        hidden_size=512,
        image_size=224,
        fs=fs,
        augmentation=ImageAugmentation(color_jitter=True, gray=True, blur=True),
        cached_views=None,
        lr=_RATES[training_set],
        max_epochs=max_epochs,
        training=Training("adamw", schedule="constant", weight_decay=1e-4, keep="last"),
        n_jobs=n_jobs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
