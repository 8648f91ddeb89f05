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
from sslearn.neighbors import KNeighborsLocalizer


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
    The margin is 1, which makes the adaptive margin of the paper one for differences in degrees: it
    localized better than with radians in the protocol ``ablation`` of the accuracy benchmark.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, section 2; ``SCE_sim5`` and ``SCE_sim15``.

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
        margin=1.0,
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
    Tang, Taseska, van Waterschoot 2022, section 2; ``WSCE_sim5``, ``_sim15``, ``_sim30``.

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

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, section 3; M. Belkin, P. Niyogi, "Laplacian eigenmaps for
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


def feed_forward(
    *, fs=16000, max_epochs=100, n_jobs=None, device="auto", random_state=None, verbose=0
):
    """Feed-forward regression of the angles, the supervised baseline.

    The branch of :func:`siamese`, one for each angle, with a tanh output and squared error. The
    paper's linear layer of three units before the output is omitted, because it only factors a
    linear map (``MLP(bottleneck=3)`` adds it). Elevations are divided by 90, in the paper by 180.

    Parameters
    ----------
    fs : float, default=16000
        Sampling rate of the audio in Hz; files are resampled to it.
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
        BinauralCues, StandardScaler, NeuralLocalizer.

    References
    ----------
    Tang, Taseska, van Waterschoot 2022, section 3.

    Examples
    --------
    >>> from sslearn import recipes
    >>> recipes.feed_forward()[-1].encoding
    AngleEncoding()
    """
    from sslearn.deep_learning import NeuralLocalizer
    from sslearn.encoding import AngleEncoding
    from sslearn.networks import MLP

    localizer = NeuralLocalizer(
        MLP(separate_outputs=True),
        encoding=AngleEncoding(),
        batch_size=128,
        validation_fraction=0.3,
        max_epochs=max_epochs,
        device=device,
        random_state=random_state,
        verbose=verbose,
    )
    return _binaural(fs, n_jobs, localizer)
