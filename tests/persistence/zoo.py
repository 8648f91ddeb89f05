"""Every estimator and recipe, fitted within a second: ``fitted(name)`` for each name in ``ZOO``."""

from functools import cache, partial

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sslearn import recipes
from sslearn.base import EncodedLocalizer
from sslearn.decoding import ArgmaxDecoder, MeanDecoder, PeakDecoder
from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.doa import SRPPHAT
from sslearn.embedding import LaplacianEigenmaps, SiameseEmbedding
from sslearn.encoding import (
    AngleEncoding,
    GaussianEncoding,
    GibbsWeightedEncoding,
    IPDEncoding,
    LikelihoodEncoding,
    MixedEncoding,
    OneHotEncoding,
    SoftEncoding,
    SummedIPDEncoding,
    UnbiasedEncoding,
    UnitVectorEncoding,
)
from sslearn.ensemble import BaggingLocalizer
from sslearn.features import STFT, AmbisonicEncoder
from sslearn.geometry import circular_grid
from sslearn.losses import PermutationInvariantLoss, SquaredErrorLoss
from sslearn.model_selection import AngularStratifiedKFold
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import (
    CRNN,
    FNSSL,
    MLP,
    PNN,
    SRPDNN,
    HistogramNet,
    IcoDOA,
    IPDNet,
    IPDNet2,
    LogMelStatistics,
    PNNSplit,
    SceneNet,
    SNet,
    SNetSplit,
    TFMamba,
)
from tests.estimator_data import ARRAY, TETRAHEDRON, Case, make_data
from tests.test_common import ESTIMATORS

_N_SAMPLES = 12
_SHORT = {"max_epochs": 1, "batch_size": 4, "random_state": 0, "device": "cpu"}
_FRAMES = {"batch_transform__stft__n_fft": 64, "batch_transform__stft__hop_length": 64}
_GRID = circular_grid(20)

# Networks of one source on maps, and what they are trained on.
NETWORKS = {
    "MLP": (MLP((8,), separate_outputs=True), "maps"),
    "CRNN": (CRNN(4, pool_sizes=(4, 4), n_units=4, n_recurrent_layers=1, n_dense=8), "maps"),
    "PNN": (PNN(4, hidden_layer_sizes=(8,)), "maps"),
    "SNet": (SNet((4, 8), n_blocks=1, n_hidden=8), "blocks"),
    "FNSSL": (FNSSL(4, n_blocks=1), "maps"),
}
ENCODINGS = {
    "angle": AngleEncoding(frame_mean="circular"),
    "vector": UnitVectorEncoding("sigmoid"),
    "one_hot": OneHotEncoding(_GRID, decoder=ArgmaxDecoder()),
    "unbiased": UnbiasedEncoding(_GRID),
    "gaussian": GaussianEncoding(_GRID, decoder=MeanDecoder()),
    "gibbs": GibbsWeightedEncoding(_GRID),
    "soft": SoftEncoding(_GRID),
    "mixed": MixedEncoding(grid=_GRID),
    "likelihood": LikelihoodEncoding(_GRID),
}
REGRESSORS = {
    "linear": LinearRegression(),
    "network": MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0),
    "process": GaussianProcessRegressor(alpha=1e-3),
    "neighbors": KNeighborsRegressor(3, algorithm="kd_tree"),
    "vectors": MultiOutputRegressor(SVR()),
    "forest": RandomForestRegressor(3, random_state=0),
    "boosting": HistGradientBoostingRegressor(max_iter=5),
}
# Classes that skops does not build without consent: their arrays index memory.
_TREE = "sklearn.tree._tree.Tree"
_HISTOGRAMS = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
_SEARCH = (
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
)


@cache
def _few(kind):
    X, y = make_data(kind)
    return X[:_N_SAMPLES], y[:_N_SAMPLES]


def _listed(estimator, kind):
    case = Case(estimator, kind, None).small()
    X, y = case.data()
    if "device" in estimator.get_params(deep=False):
        case.estimator.set_params(device="cpu")
    return case.make(), X, y


def _neural(network, encoding, kind):
    X, y = _few("array")
    maps = np.abs(X[:, :, :32, :20]).astype(np.float32)
    if kind == "blocks":
        maps = maps.reshape(*maps.shape[:3], 4, 5)
    return NeuralLocalizer(network, encoding=encoding, **_SHORT), maps, y


def _two_sources():
    X, y = _few("features")
    localizer = NeuralLocalizer(
        MLP((8,)),
        encoding=UnbiasedEncoding(_GRID, threshold=0.3),
        loss=PermutationInvariantLoss(SquaredErrorLoss("sum"), each_frame=True),
        activation=None,
        training=Training("adamw", schedule="cosine", norm_batches=2, clip_norm=1.0),
        **_SHORT,
    )
    return localizer, X, np.stack([y, y[::-1]], axis=1)[..., None]


def _encoded(regressor):
    return EncodedLocalizer(regressor, encoding=UnitVectorEncoding()), *_few("features")


def _of_features(estimator):
    return estimator, *_few("features")


def _of_table(estimator):
    X, y = _few("features")
    return estimator, pd.DataFrame(X, columns=[f"cue{i}" for i in range(X.shape[1])]), y


def _of_angles(encoding):
    # Encodings are transformers of y.
    return encoding, _few("features")[1], None


def _classical(recipe, **params):
    return recipe(ARRAY, n_fft=128, **params), *_few("array_audio")


def _ambisonic(recipe, **params):
    X, y = _few("tetrahedron_audio")
    model = recipe().set_params(**params)
    X = AmbisonicEncoder(TETRAHEDRON).fit_transform(X)
    return model, X, np.column_stack([y, np.linspace(-40, 40, len(y))])


def _binaural(recipe, **params):
    return recipe().set_params(**params), *_few("audio")


def _labels(recipe, network, n_sources, **params):
    X, y = _few("array_audio")
    y = y if n_sources == 1 else np.stack([y, y[::-1]], axis=1)[..., None]
    model = recipe(n_sources=n_sources).set_params(network=network, **_SHORT, **_FRAMES, **params)
    return model, X, y


def _tracks(recipe, network, n_sources=2, **params):
    X, _ = make_data("array_audio")
    clips = np.concatenate(X[:8].reshape(2, 4, 4, -1), axis=2).astype(np.float32)
    y = np.full((4, clips.shape[2] // 1600, n_sources, 1), np.nan)
    y[:, 1:, 0] = 30.0
    y[2:, :2, -1] = -100.0
    model = recipe(ARRAY).set_params(network=network, **_SHORT, **params)
    return model, clips, y


def _pairs(recipe, **params):
    X, y = make_data("pairs")
    small = {"image_size": 32, "sound_duration": 0.975, "augmentation__color_jitter": False}
    return recipe().set_params(**small | _SHORT | params), X[:6], y[:6]


_SMALL_SIAMESE = {
    "siameseembedding__network": MLP((8,)),
    "siameseembedding__max_epochs": 2,
    "siameseembedding__random_state": 0,
    "siameseembedding__device": "cpu",
}
_SMALL_FEED_FORWARD = {
    "neurallocalizer__network": MLP((8,), separate_outputs=True),
    "neurallocalizer__max_epochs": 2,
    "neurallocalizer__random_state": 0,
    "neurallocalizer__device": "cpu",
}
_SMALL_SCENES = {
    "image_network": SceneNet(widths=(4, 4, 4, 6)),
    "audio_network": LogMelStatistics(),
}
_SMALL_HISTOGRAM = HistogramNet(4, n_masks=2, n_sphere_filters=4, n_sphere_layers=1)
_BLOCKS = {
    "batch_transform__realimag__unit_level": "clip",
    "batch_transform__frameblocks__n_frames": 2,
}

RECIPES = {
    "srp_phat": partial(_classical, recipes.srp_phat, n_sources=2, block_size=4),
    "masked_srp_phat": lambda: (recipes.masked_srp_phat(ARRAY), *_few("array_audio")),
    "masked_srp_phat_network": lambda: (
        recipes.masked_srp_phat_network(ARRAY, max_epochs=0),
        *_few("array_audio"),
    ),
    "music": partial(_classical, recipes.music, n_jobs=2),
    "mvdr": partial(_classical, recipes.mvdr, grid=_GRID),
    "esprit": partial(_classical, recipes.esprit),
    "tdoa": partial(_classical, recipes.tdoa, block_duration=0.02),
    "intensity": partial(_ambisonic, recipes.intensity),
    "siamese": partial(_binaural, recipes.siamese, **_SMALL_SIAMESE),
    "weakly_supervised_siamese": partial(
        _binaural, recipes.weakly_supervised_siamese, **_SMALL_SIAMESE
    ),
    "feed_forward": partial(_binaural, recipes.feed_forward, **_SMALL_FEED_FORWARD),
    "laplacian_eigenmaps": partial(_binaural, recipes.laplacian_eigenmaps),
    "phase_network": partial(
        _labels, recipes.phase_network, PNN(4, hidden_layer_sizes=(8,)), n_sources=1
    ),
    "phase_network-split": partial(
        _labels, recipes.phase_network, PNNSplit((4, 4, 4)), n_sources=2
    ),
    "spectrogram_network": partial(
        _labels,
        recipes.spectrogram_network,
        SNet((4, 8), n_blocks=1, n_hidden=8),
        n_sources=1,
        **_BLOCKS,
    ),
    "spectrogram_network-split": partial(
        _labels,
        recipes.spectrogram_network,
        SNetSplit((4, 6), n_blocks=1),
        n_sources=2,
        **_BLOCKS,
    ),
    "ambisonic_crnn": partial(
        _ambisonic,
        recipes.ambisonic_crnn,
        network=CRNN(4, pool_sizes=(4, 4), n_units=4, n_recurrent_layers=1),
        **_SHORT,
        **_FRAMES,
    ),
    "ambisonic_histogram": partial(
        _ambisonic, recipes.ambisonic_histogram, network=_SMALL_HISTOGRAM, **_SHORT, **_FRAMES
    ),
    "ambisonic_histogram-pretrained": partial(
        _ambisonic, partial(recipes.ambisonic_histogram, weights="pretrained")
    ),
    "ipdnet2": partial(_tracks, recipes.ipdnet2, IPDNet2(8, n_layers=2)),
    "ipdnet": partial(_tracks, recipes.ipdnet, IPDNet(8, n_filters=4)),
    "tf_mamba": partial(_tracks, recipes.tf_mamba, TFMamba(16, n_blocks=1, n_filters=4)),
    "fn_ssl": partial(_tracks, recipes.fn_ssl, FNSSL(8, n_blocks=1), n_sources=1),
    "srp_dnn": partial(_tracks, recipes.srp_dnn, SRPDNN(4, n_units=8)),
    "icodoa": partial(_tracks, recipes.icodoa, IcoDOA(2)),
    "sspl": partial(
        _pairs,
        recipes.sspl,
        predictor_size=8,
        hidden_size=8,
        projector_sizes=(8, 8),
        **_SMALL_SCENES,
    ),
    "sacl": partial(_pairs, recipes.sacl, hidden_size=8, **_SMALL_SCENES),
}

_KNN = make_pipeline(StandardScaler(), KNeighborsLocalizer(3))
_EMBED = SiameseEmbedding(MLP((8,)), radius=15, **_SHORT)
CONTAINERS = {
    "Pipeline": partial(_of_table, _KNN),
    "GridSearchCV": partial(
        _of_features,
        GridSearchCV(
            _KNN,
            {"kneighborslocalizer__n_neighbors": [1, 2]},
            cv=AngularStratifiedKFold(2, step=90),
        ),
    ),
    "GridSearchCV-networks": partial(
        _of_features,
        GridSearchCV(
            NeuralLocalizer(**_SHORT),
            {"network": [MLP((4,)), MLP((8,))], "encoding": [UnitVectorEncoding()]},
            cv=2,
        ),
    ),
    "RandomizedSearchCV": partial(
        _of_features,
        RandomizedSearchCV(
            _KNN, {"kneighborslocalizer__n_neighbors": [1, 2]}, n_iter=2, cv=2, random_state=0
        ),
    ),
    "ColumnTransformer": partial(
        _of_table,
        make_pipeline(
            ColumnTransformer(
                [("a", StandardScaler(), ["cue0", "cue1"]), ("b", "passthrough", [2, 3])]
            ),
            KNeighborsLocalizer(2),
        ),
    ),
    "FeatureUnion": partial(
        _of_features,
        make_pipeline(
            FeatureUnion(
                [("maps", LaplacianEigenmaps(2, n_neighbors=5, random_state=0)), ("net", _EMBED)]
            ),
            KNeighborsLocalizer(2),
        ),
    ),
    "TransformedTargetRegressor": partial(
        _of_features,
        TransformedTargetRegressor(Ridge(), transformer=UnitVectorEncoding(), check_inverse=False),
    ),
    "BaggingLocalizer-pipelines": partial(
        _of_features, BaggingLocalizer(_KNN, n_estimators=2, random_state=0)
    ),
    "SRPPHAT-decoder": lambda: (
        SRPPHAT(ARRAY, decoder=PeakDecoder(), batch_transform=STFT(128)),
        *_few("array_audio"),
    ),
    "NeuralLocalizer-two_sources": _two_sources,
}

ZOO = {
    **{
        name: partial(_listed, estimator, kind)
        for name, (estimator, kind, _) in ESTIMATORS.items()
        if not kind.endswith("paths")  # the same estimators as for audio
    },
    **{
        f"{network}-{encoding}": partial(_neural, recipe, ENCODINGS[encoding], kind)
        for network, (recipe, kind) in NETWORKS.items()
        for encoding in ENCODINGS
    },
    **{f"EncodedLocalizer-{name}": partial(_encoded, each) for name, each in REGRESSORS.items()},
    **{f"encoding-{name}": partial(_of_angles, each) for name, each in ENCODINGS.items()},
    "encoding-ipd": partial(_of_angles, IPDEncoding(ARRAY, n_fft=16)),
    "encoding-summed_ipd": partial(_of_angles, SummedIPDEncoding(ARRAY, n_fft=16)),
    **{f"recipe-{name}": make for name, make in RECIPES.items()},
    **CONTAINERS,
}
# What `load` must be told to trust.
TRUSTED = {
    "EncodedLocalizer-one_output": (_TREE,),
    "EncodedLocalizer-forest": (_TREE,),
    "EncodedLocalizer-boosting": (_HISTOGRAMS,),
    "EncodedLocalizer-neighbors": _SEARCH,
}


@cache
def fitted(name):
    """Fitted estimator of the zoo, and a few samples that it can answer."""
    estimator, X, y = ZOO[name]()
    estimator = clone(estimator)
    if y is None:
        return estimator.fit(X), X
    return estimator.fit(X, y), X
