"""Binaural systems from a paper.

References
----------
D. Tang, M. Taseska, T. van Waterschoot, "Toward learning robust contrastive embeddings for binaural
sound source localization", Frontiers in Neuroinformatics 16:942978, 2022,
doi:10.3389/fninf.2022.942978.
"""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslearn.features import BinauralCues
from sslearn.geometry import icosahedral_grid
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.utils.param_validation import Interval, Real, validated

_WEIGHTS_RATE = 16000


def _binaural(fs, n_jobs, *steps):
    # The networks need inputs of unit variance: otherwise their sigmoid units saturate.
    return make_pipeline(BinauralCues(fs=fs, n_jobs=n_jobs), StandardScaler(), *steps)


def siamese(
    *,
    fs=16000,
    radius=5.0,
    n_neighbors=5,
    max_epochs=100,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Supervised contrastive embedding with nearest-neighbour regression (SCE).

    Sounds whose angles differ by at most ``radius`` are pulled together, others pushed apart. With
    azimuth and elevation, it trains one embedding for each, as in the paper.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    radius : float, default=5.0
        Largest difference of angles of similar sounds, in degrees; the paper uses 5 and 15.
    n_neighbors : int, default=5
        Neighbours in the regression.
    max_epochs : int, default=100
        Maximum number of epochs.
    n_jobs : int, default=None
        Threads that compute the cues.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the validation split, the initial weights, the batches and dropout.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    pipeline : Pipeline
        BinauralCues, StandardScaler, SiameseEmbedding, KNeighborsLocalizer. Fit it on y of shape
        (n_samples,), one angle, or (n_samples, 2), azimuth and elevation, in degrees.

    See Also
    --------
    weakly_supervised_siamese : One embedding for both angles.

    Notes
    -----
    The margin is adaptive in degrees, as in the paper, and thus nearly 1 for all dissimilar sounds.
    In radians (``margin="adaptive_radians"``) it localized less well in the part ``ablation``
    of ``benchmarks.accuracy.binaural``.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, sections 4.1 and 4.3, equations 14 (margin) and 15
    (regression); ``SCE_sim5`` and ``SCE_sim15``.

    Examples
    --------
    >>> from sslearn import recipes
    >>> [name for name, _ in recipes.siamese(radius=15).steps]
    ['binauralcues', 'standardscaler', 'siameseembedding', 'kneighborslocalizer']
    """
    # Imported here because the room of the embeddings imports torch, which others do not need.
    from sslearn.embedding import SiameseEmbedding

    embedding = SiameseEmbedding(
        neighborhood="angle",
        radius=radius,
        max_epochs=max_epochs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
    neighbors = KNeighborsLocalizer(n_neighbors=n_neighbors, per_angle=True)
    return _binaural(fs, n_jobs, embedding, neighbors)


def weakly_supervised_siamese(
    *,
    fs=16000,
    radius=15.0,
    n_neighbors=5,
    max_epochs=100,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Weakly supervised contrastive embedding with nearest-neighbour regression (WSCE).

    The embedding learns from proximity only: sounds are similar if their sources, projected onto a
    sphere of 1 m around the head, are at most ``radius * pi / 180`` m apart. One embedding serves
    azimuth and elevation; only the regression uses angles.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    radius : float, default=15.0
        Radius of the neighbourhood in degrees; the paper uses 5, 15 and 30.
    n_neighbors : int, default=5
        Neighbours in the regression.
    max_epochs : int, default=100
        Maximum number of epochs.
    n_jobs : int, default=None
        Threads that compute the cues.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the validation split, the initial weights, the batches and dropout.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    pipeline : Pipeline
        BinauralCues, StandardScaler, SiameseEmbedding, KNeighborsLocalizer.

    See Also
    --------
    siamese : One embedding per angle.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, section 4, equations 14 and 15; ``WSCE_sim5``, ``_sim15``,
    ``_sim30``.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.weakly_supervised_siamese()[-2].neighborhood
    'distance'
    """
    from sslearn.embedding import SiameseEmbedding

    embedding = SiameseEmbedding(
        neighborhood="distance",
        radius=radius,
        max_epochs=max_epochs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
    return _binaural(fs, n_jobs, embedding, KNeighborsLocalizer(n_neighbors=n_neighbors))


def laplacian_eigenmaps(*, fs=16000, n_neighbors=5, n_jobs=None, random_state=None):
    """Laplacian eigenmaps with nearest-neighbour regression (LEM), the unsupervised baseline.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
    n_neighbors : int, default=5
        Neighbours in the regression; the graph of the eigenmaps uses 10, as in the paper.
    n_jobs : int, default=None
        Threads that compute the cues and search neighbours.
    random_state : int, RandomState instance or None, default=None
        Seed of the start vector of the eigensolver.

    Returns
    -------
    pipeline : Pipeline
        BinauralCues, StandardScaler, LaplacianEigenmaps, KNeighborsLocalizer.

    Notes
    -----
    The paper takes distances of the cues as they are. Here they are standardized on purpose: levels
    in dB otherwise outweigh phases. In a simulated room with speech and noise at 15 dB that lowers
    the errors in azimuth and elevation from 45 and 24 degrees to 2.3 and 5.3 (``strict`` and
    ``fixed`` of ``benchmarks.accuracy.contrastive``). ``set_params(standardscaler="passthrough")``
    is the published way.

    The paper does not say whether the 10 neighbours of a sample include itself, as here;
    ``set_params(laplacianeigenmaps__n_neighbors=11)`` takes ten others. The Gaussian kernel of
    equation 6 is
    ``set_params(laplacianeigenmaps__affinity="gaussian", laplacianeigenmaps__n_neighbors=None)``.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, equation 6; M. Belkin, P. Niyogi, "Laplacian eigenmaps for
    dimensionality reduction and data representation", Neural Computation 15(6), 2003.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.laplacian_eigenmaps()[-2].n_neighbors
    10
    """
    from sslearn.embedding import LaplacianEigenmaps

    embedding = LaplacianEigenmaps(n_jobs=n_jobs, random_state=random_state)
    return _binaural(fs, n_jobs, embedding, KNeighborsLocalizer(n_neighbors=n_neighbors))


@validated(fs=[Interval(Real, 0, None, closed="neither")])
def feed_forward(
    *,
    fs=16000,
    weights=None,
    max_epochs=None,
    n_jobs=None,
    device="auto",
    random_state=None,
    verbose=0,
):
    """Feed-forward network: the supervised baseline, or trained weights for any head.

    Without ``weights`` it is the baseline of the paper, trained for one head: the branch of
    :func:`siamese`, one for each angle, with a tanh output and squared error. The paper's linear
    layer of three units before the output is omitted, because it only factors a linear map
    (``MLP(bottleneck=3)`` adds it). Elevations are divided by 90, in the paper by 180.

    With ``weights="heads"`` it localizes without training, all around the head, for heads outside
    of the training data.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it. ``weights`` needs 16000.
    weights : {"heads"}, str, Path or dict of str to array-like, default=None
        Weights to start from: ``"heads"`` are those of the package for any head; a file, or
        ``weights_`` of another such localizer. Random ones, of the baseline, if None.
    max_epochs : int, default=None
        Maximum number of epochs. With 0 nothing is trained: ``fit`` loads ``weights`` and needs no
        y. About 10 adapt them to one head. None is 0 with weights, and 100 without.
    n_jobs : int, default=None
        Threads that compute the cues.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU, or the CPU if there is none.
    random_state : int, RandomState instance or None, default=None
        Seed of the validation split, the initial weights, the batches and dropout.
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Returns
    -------
    pipeline : Pipeline
        BinauralCues, StandardScaler, NeuralLocalizer; with ``weights`` without the scaler, which
        is in the first layer. Directions of ``"heads"`` are azimuth and elevation.

    Raises
    ------
    ValueError
        If ``fs`` is not 16000 with ``weights``.

    See Also
    --------
    sslearn.networks.model_card : ``model_card("feed_forward_heads")`` lists the training data of
        the weights, and their errors.

    Notes
    -----
    ``"heads"`` is of this package: layers of 384 and 256 units on the cues and a softmax over the
    162 directions of ``icosahedral_grid(2)``, trained with unbiased labels and decoded between the
    directions. The error of a regression with as many weights was twice as large in trials: where
    front and back have the same cues, classes choose one of them, a regression the mean of both.

    Median errors for unseen heads, 1 s of speech in rooms of 0.15 to 0.8 s and noise at 0 to 30 dB:
    azimuth 5.2 to 5.5 degrees for people of three laboratories and 6.8 for a KU100, with front and
    back folded together; 31 to 41 % of the predictions confuse front and back; elevation 13 to 20,
    where 0 for all sources gives 21. In measured rooms the azimuth error is 1.9 to 6.2 degrees. The
    time difference alone, with a spherical head, reaches 5.5 to 6.3 and 1.6 to 4.4: it is as good
    or better at ear level; elsewhere its error of the lateral angle is up to half as large again.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, the feed-forward model of the comparison.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.feed_forward()[-1].encoding
    AngleEncoding()
    >>> from sslearn.datasets import make_binaural
    >>> X, y = make_binaural(3, random_state=0, return_X_y=True)
    >>> recipes.feed_forward(weights="heads").fit(X).predict(X).shape
    (3, 2)
    """
    from sslearn.deep_learning import NeuralLocalizer

    if weights is not None and fs != _WEIGHTS_RATE:
        raise ValueError(
            f"fs must be {_WEIGHTS_RATE} with weights, the rate of their training; got {fs}. "
            "Resample the audio; files are resampled when they are read."
        )
    is_packaged = isinstance(weights, str) and weights == "heads"
    localizer = NeuralLocalizer(
        **(_baseline() if weights is None else _any_head()),
        weights="feed_forward_heads" if is_packaged else weights,
        max_epochs=(100 if weights is None else 0) if max_epochs is None else max_epochs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
    if weights is None:
        return _binaural(fs, n_jobs, localizer)
    return make_pipeline(BinauralCues(fs=fs, n_jobs=n_jobs), localizer)


def _baseline():
    from sslearn.encoding import AngleEncoding
    from sslearn.networks import MLP

    return {
        "network": MLP(separate_outputs=True),
        "encoding": AngleEncoding(),
        "batch_size": 128,
        "validation_fraction": 0.3,
    }


def _any_head():
    from sslearn.decoding import AdjacentDecoder
    from sslearn.encoding import UnbiasedEncoding
    from sslearn.networks import MLP

    return {
        "network": MLP((384, 256), activation="relu", batch_norm="before", dropout=0.4),
        "encoding": UnbiasedEncoding(icosahedral_grid(2), decoder=AdjacentDecoder(7)),
        "loss": "cross_entropy",
        "lr": 3e-4,
    }
