"""Every public estimator through scikit-learn's checks (X 2-D) and through our own."""

import importlib

import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimator,
    check_param_validation,
)

import sslearn
from sslearn.audiovisual import (
    ImageAugmentation,
    PredictiveAudioVisualLocalizer,
    SemanticContrastiveLocalizer,
    WindowContrast,
)
from sslearn.base import EncodedLocalizer
from sslearn.calibration import ConformalLocalizer
from sslearn.deep_learning import NeuralLocalizer
from sslearn.doa import (
    ESPRIT,
    MUSIC,
    MVDR,
    SRPPHAT,
    IntensityLocalizer,
    MaskedSRPPHAT,
    TDOALocalizer,
)
from sslearn.embedding import LaplacianEigenmaps, SiameseEmbedding
from sslearn.encoding import AngleEncoding, IPDEncoding, UnbiasedEncoding, UnitVectorEncoding
from sslearn.ensemble import BaggingLocalizer
from sslearn.features import (
    GCCPHAT,
    ILD,
    IPD,
    ITD,
    STFT,
    AmbisonicEncoder,
    AudioReader,
    BinauralCues,
    FeatureStack,
    Flatten,
    FrameBlocks,
    IcosahedralSRP,
    IntensityVector,
    LevelMap,
    LogMagnitude,
    LogMelPatches,
    OnlineNormalizer,
    PhaseMap,
    RealImag,
    TimePooling,
)
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP, SceneNet
from tests.estimator_checks import (
    check_score_is_d2,
    check_spectrum_peaks_at_the_truth,
    yield_checks,
)
from tests.estimator_data import ARRAY, TETRAHEDRON, Case
from tests.pair_checks import PAIR_KINDS, yield_pair_checks

NETWORK = MLP((32, 32), dropout=0.0)
CLASSIFIER = MLP((32, 32), activation="relu", batch_norm="before", dropout=0.0)
TRAIN = {"max_epochs": 40, "lr": 0.02, "random_state": 0}
SCENES = {"max_epochs": 2, "batch_size": 4, "random_state": 0, "image_size": 32}
SMALL_NET = SceneNet(widths=(4, 4, 4, 6))
PAIRS = {**SCENES, "augmentation": ImageAugmentation(crop=0.75), "sound_duration": 0.975}

# One line an estimator, with fast parameters: (estimator, kind of its X, number of our checks).
ESTIMATORS = {
    "AudioReader": (AudioReader(), "paths", 21),
    "AudioReader-audio": (AudioReader(channels=[1, 0]), "audio", 25),
    "STFT": (STFT(256), "audio", 25),
    "STFT-padded": (STFT(256, padding="reflect"), "audio", 25),
    "AmbisonicEncoder": (AmbisonicEncoder(TETRAHEDRON), "tetrahedron_audio", 25),
    "BinauralCues": (BinauralCues(), "audio", 25),
    "BinauralCues-paths": (BinauralCues(), "paths", 21),
    "ILD": (ILD(), "spectrum", 23),
    "IPD": (IPD(), "spectrum", 23),
    "ITD": (ITD(), "spectrum", 23),
    "GCCPHAT": (GCCPHAT(), "spectrum", 23),
    "IcosahedralSRP": (IcosahedralSRP(ARRAY, level=1), "array", 23),
    "IntensityVector": (IntensityVector(), "ambisonic", 23),
    "LevelMap": (LevelMap(), "spectrum", 23),
    "LogMagnitude": (LogMagnitude(), "spectrum", 23),
    "LogMelPatches": (LogMelPatches(duration=0.975), "mono_audio", 25),
    "OnlineNormalizer": (OnlineNormalizer(), "spectrum", 23),
    "PhaseMap": (PhaseMap(), "spectrum", 23),
    "RealImag": (RealImag(unit_level="clip", drop_dc=True), "spectrum", 23),
    "FeatureStack": (FeatureStack([("ild", ILD()), ("ipd", IPD())]), "spectrum", 23),
    "TimePooling": (TimePooling(), "maps", 23),
    "Flatten": (Flatten(), "maps", 23),
    "FrameBlocks": (FrameBlocks(5), "maps", 23),
    "SRPPHAT": (SRPPHAT(ARRAY), "array", 34),
    "SRPPHAT-audio": (SRPPHAT(ARRAY, batch_transform=STFT(256)), "array_audio", 36),
    "SRPPHAT-paths": (
        SRPPHAT(ARRAY, batch_transform=make_pipeline(AudioReader(), STFT(256))),
        "array_paths",
        31,
    ),
    "MVDR": (MVDR(ARRAY), "array", 34),
    "MaskedSRPPHAT": (
        MaskedSRPPHAT(ARRAY, batch_transform=STFT(512, hop_length=256)),
        "array_audio",
        36,
    ),
    "MUSIC": (MUSIC(ARRAY), "array", 34),
    "ESPRIT": (ESPRIT(ARRAY), "array", 33),
    "TDOALocalizer": (TDOALocalizer(ARRAY), "array", 34),
    "IntensityLocalizer": (IntensityLocalizer(), "ambisonic", 34),
    "KNeighborsLocalizer": (KNeighborsLocalizer(3), "features", 33),
    "LaplacianEigenmaps": (
        LaplacianEigenmaps(2, n_neighbors=5, random_state=0),
        "features",
        25,
    ),
    "SiameseEmbedding": (SiameseEmbedding(NETWORK, radius=15, **TRAIN), "features", 25),
    "NeuralLocalizer": (
        NeuralLocalizer(NETWORK, encoding=UnitVectorEncoding(), **TRAIN),
        "features",
        33,
    ),
    "NeuralLocalizer-angle": (
        NeuralLocalizer(NETWORK, encoding=AngleEncoding(), **TRAIN),
        "features",
        33,
    ),
    "NeuralLocalizer-unbiased": (
        NeuralLocalizer(CLASSIFIER, encoding=UnbiasedEncoding(), **TRAIN),
        "features",
        34,
    ),
    "NeuralLocalizer-scores": (
        NeuralLocalizer(CLASSIFIER, encoding=UnbiasedEncoding(), activation=None, **TRAIN),
        "features",
        34,
    ),
    "NeuralLocalizer-ipd": (
        NeuralLocalizer(NETWORK, encoding=IPDEncoding(ARRAY, n_fft=16), **TRAIN),
        "features",
        34,
    ),
    "NeuralLocalizer-audio": (
        NeuralLocalizer(NETWORK, batch_transform=BinauralCues(n_fft=512), **TRAIN),
        "audio",
        35,
    ),
    "NeuralLocalizer-paths": (
        NeuralLocalizer(NETWORK, batch_transform=BinauralCues(n_fft=512), **TRAIN),
        "paths",
        30,
    ),
    "EncodedLocalizer": (EncodedLocalizer(Ridge(1e-3)), "features", 33),
    "EncodedLocalizer-one_output": (
        EncodedLocalizer(GradientBoostingRegressor(n_estimators=20, random_state=0)),
        "features",
        33,
    ),
    "EncodedLocalizer-unbiased": (
        EncodedLocalizer(KNeighborsRegressor(3), encoding=UnbiasedEncoding()),
        "features",
        34,
    ),
    "BaggingLocalizer": (
        BaggingLocalizer(KNeighborsLocalizer(3), random_state=0),
        "features",
        33,
    ),
    "ConformalLocalizer": (
        ConformalLocalizer(KNeighborsLocalizer(3), coverage=0.7, random_state=0),
        "features",
        33,
    ),
    "ConformalLocalizer-spectrum": (
        ConformalLocalizer(
            EncodedLocalizer(KNeighborsRegressor(3), encoding=UnbiasedEncoding()),
            coverage=0.7,
            method="spectrum",
            random_state=0,
        ),
        "features",
        33,
    ),
    "ConformalLocalizer-audio": (
        ConformalLocalizer(
            SRPPHAT(ARRAY, batch_transform=STFT(256)),
            coverage=0.7,
            method="normalized",
            random_state=0,
        ),
        "array_audio",
        35,
    ),
    "ImageAugmentation": (ImageAugmentation(size=16, random_state=0), "images", 20),
    "WindowContrast": (
        WindowContrast(SMALL_NET, window_size=12, region_size=16, n_windows=8, **SCENES),
        "pretext",
        16,
    ),
    "PredictiveAudioVisualLocalizer": (
        PredictiveAudioVisualLocalizer(SMALL_NET, **PAIRS),
        "pairs",
        26,
    ),
    "PredictiveAudioVisualLocalizer-coding": (
        PredictiveAudioVisualLocalizer(SMALL_NET, predictive_coding=True, n_cycles=2, **PAIRS),
        "pairs",
        26,
    ),
    "SemanticContrastiveLocalizer": (
        SemanticContrastiveLocalizer(SMALL_NET, **PAIRS),
        "pairs",
        26,
    ),
    "SemanticContrastiveLocalizer-trained": (
        SemanticContrastiveLocalizer(SMALL_NET, train_networks=True, segments="grid", **PAIRS),
        "pairs",
        26,
    ),
}
TWO_D = {name: case for name, case in ESTIMATORS.items() if case[1] == "features"}
N_SKLEARN_CHECKS = {
    "KNeighborsLocalizer": 51,
    "LaplacianEigenmaps": 46,
    "SiameseEmbedding": 47,
    "NeuralLocalizer": 57,
    "NeuralLocalizer-angle": 57,
    "NeuralLocalizer-unbiased": 57,
    "NeuralLocalizer-scores": 57,
    "NeuralLocalizer-ipd": 54,
    "EncodedLocalizer": 51,
    "EncodedLocalizer-one_output": 51,
    "EncodedLocalizer-unbiased": 48,
    "BaggingLocalizer": 57,
    "ConformalLocalizer": 51,
    "ConformalLocalizer-spectrum": 48,
}
# Checks that fail for a reason.
_DRAWS = "two equal samples are drawn in another order than one of twice the weight"
EXCUSED = {
    "NeuralLocalizer": {"check_sample_weight_equivalence_on_dense_data": _DRAWS},
    "BaggingLocalizer": {"check_sample_weight_equivalence_on_dense_data": _DRAWS},
    "EncodedLocalizer-unbiased": {"check_regressors_train": "its targets are no angles"},
    "ConformalLocalizer-spectrum": {"check_regressors_train": "its targets are no angles"},
    "NeuralLocalizer-ipd": {
        "check_regressors_train": "its grid has steps of 1 degree, the spread of y"
    },
}


# These measure how well an estimator has learned.
NEED_TRAINING = (check_score_is_d2, check_spectrum_peaks_at_the_truth)
CONFIGS = {
    "plain": {},
    "pandas": {"transform_output": "pandas"},
    "routing": {"enable_metadata_routing": True},
}


def _checks(estimator, kind, config="plain"):
    case = Case(estimator, kind, None)
    if kind in PAIR_KINDS:
        return yield_pair_checks(case, config=config)
    return yield_checks(case)


def _ours():
    for config in CONFIGS:
        for name, (estimator, kind, _) in ESTIMATORS.items():
            for check in _checks(estimator, kind, config):
                id = f"{name}-{check.__name__}-{config}"
                yield pytest.param(estimator, kind, check, config, id=id)


@pytest.mark.parametrize(("estimator", "kind", "check", "config"), list(_ours()))
def test_our_checks(estimator, kind, check, config, tmp_path):
    case = Case(estimator, kind, tmp_path)
    if config != "plain" and check not in NEED_TRAINING:
        case = case.small()
    with config_context(**CONFIGS[config]):
        check(case)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_number_of_our_checks(name):
    estimator, kind, n_checks = ESTIMATORS[name]
    assert len(list(_checks(estimator, kind))) == n_checks


@pytest.mark.parametrize("name", TWO_D)
def test_sklearn_checks(name):
    excused = EXCUSED.get(name.partition("-")[0], {}) | EXCUSED.get(name, {})
    results = check_estimator(
        clone(TWO_D[name][0]), on_skip=None, on_fail=None, expected_failed_checks=excused
    )
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed
    pytest.importorskip("sklearn", "1.9")  # others have another number of checks
    assert sum(r["status"] == "passed" for r in results) == N_SKLEARN_CHECKS[name]


@pytest.mark.parametrize("name", TWO_D)
@pytest.mark.parametrize(
    "check", [check_dataframe_column_names_consistency, check_param_validation]
)
def test_sklearn_checks_outside_the_list(name, check):
    check(name.partition("-")[0], clone(TWO_D[name][0]))


def test_every_public_estimator_is_listed():
    public = {
        name
        for room in set(sslearn._ROOMS) - {"encoding"}  # transformers of y, tested in their room
        for module in [importlib.import_module(f"sslearn.{room}")]
        for name in getattr(module, "__all__", ())
        if hasattr(getattr(module, name), "fit")
    }
    listed = {type(estimator).__name__ for estimator, *_ in ESTIMATORS.values()}
    assert public - listed == {"AudioVisualLocalizer"}  # a base
