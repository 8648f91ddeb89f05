"""What a loaded estimator has in common with the saved one."""

import json
import os
import pickle
import re
import subprocess
import sys
import tracemalloc
import zipfile

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR
from skorch.callbacks import EarlyStopping

import sslearn
from sslearn import recipes
from sslearn.base import EncodedLocalizer
from sslearn.datasets import make_plane_waves
from sslearn.deep_learning import NeuralLocalizer, Training
from sslearn.doa import SRPPHAT, IntensityLocalizer
from sslearn.encoding import UnbiasedEncoding
from sslearn.ensemble import BaggingLocalizer
from sslearn.exceptions import ModelVersionWarning
from sslearn.features import STFT, AudioReader
from sslearn.geometry import circular_array
from sslearn.metrics import angular_scorers, get_scorer
from sslearn.model_selection import AngularStratifiedKFold
from sslearn.neighbors import KNeighborsLocalizer
from sslearn.networks import MLP
from sslearn.persistence import describe, input_contract, load, save
from tests.persistence.crafting import members_of, rewrite
from tests.test_imports import BLOCK_TORCH

EARS = [[0, 0.08, 0], [0, -0.08, 0]]
AUDIO, AZIMUTH = make_plane_waves(
    24, mic_positions=EARS, duration=0.2, random_state=0, return_X_y=True
)
FEATURES = np.random.default_rng(0).standard_normal((24, 4))
KNN = KNeighborsLocalizer(3)


def again(estimator, folder, **options):
    save(estimator, folder / "model.sslearn")
    return load(folder / "model.sslearn", **options)


def neural(**params):
    defaults = {"max_epochs": 2, "random_state": 0}
    return NeuralLocalizer(MLP((8,), dropout=0.0), **defaults | params)


FITTED = {
    "neighbors": KNN,
    "scaled": make_pipeline(StandardScaler(), KNN),
    "bagging": BaggingLocalizer(KNN, n_estimators=2, random_state=0),
    "encoded": EncodedLocalizer(SVR()),
    "neural": neural(random_state=np.random.RandomState(3)),
    "unbiased": neural(encoding=UnbiasedEncoding(), training=Training("adamw")),
    "search": GridSearchCV(KNN, {"n_neighbors": [1, 3]}, cv=AngularStratifiedKFold(2)),
    "scored": GridSearchCV(
        KNN, {"n_neighbors": [1, 3]}, cv=2, scoring=get_scorer("neg_mean_angular_error")
    ),
    "two scores": GridSearchCV(
        KNN,
        {"n_neighbors": [1, 3]},
        cv=2,
        scoring=angular_scorers("neg_mean_angular_error", "localization_accuracy"),
        refit="localization_accuracy",
    ),
    "r2": GridSearchCV(KNN, {"n_neighbors": [1, 3]}, cv=2, scoring="r2"),
}


@pytest.mark.parametrize("name", FITTED)
def test_predictions_and_parameters_are_equal(name, tmp_path):
    model = FITTED[name].fit(FEATURES, AZIMUTH)
    loaded = again(model, tmp_path)
    assert vars(loaded).keys() == model.__getstate__().keys() - {"_sklearn_version"}
    assert loaded.get_params().keys() == model.get_params().keys()
    assert re.sub(r"0x\w+", "", repr(loaded)) == re.sub(r"0x\w+", "", repr(model))
    assert np.array_equal(loaded.predict(FEATURES), model.predict(FEATURES))
    # A refit continues from the same state of random numbers.
    assert np.array_equal(
        loaded.fit(FEATURES, AZIMUTH).predict(FEATURES),
        model.fit(FEATURES, AZIMUTH).predict(FEATURES),
    )


def test_history_and_names_of_features_are_kept(tmp_path):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(FEATURES, columns=list("abcd"))
    model = neural().fit(X, AZIMUTH)
    loaded = again(model, tmp_path)
    assert loaded.feature_names_in_.tolist() == list("abcd")
    for key, curve in model.history_.items():
        assert np.array_equal(loaded.history_[key], curve, equal_nan=True)
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(X[list("dcba")])


def test_requests_of_metadata_and_progress_bars_are_kept(tmp_path):
    callback = pytest.importorskip("sklearn.callback")
    with config_context(enable_metadata_routing=True):
        model = neural().set_fit_request(sample_weight=True).set_callbacks(callback.ProgressBar())
        loaded = again(model.fit(FEATURES, AZIMUTH), tmp_path)
        assert loaded.get_metadata_routing().fit.requests["sample_weight"] is True
        scorer = get_scorer("localization_accuracy").set_score_request(sample_weight=False)
        search = GridSearchCV(loaded.set_callbacks(), {"lr": [0.1]}, cv=2, scoring=scorer)
        search.fit(FEATURES, AZIMUTH, sample_weight=np.arange(24.0))


def test_an_estimator_that_is_not_fitted_is_a_recipe(tmp_path):
    recipe = recipes.siamese(max_epochs=3)
    loaded = again(recipe, tmp_path)
    assert repr(loaded) == repr(recipe)
    assert not describe(tmp_path / "model.sslearn").is_fitted
    with pytest.raises(NotFittedError):
        loaded.predict(AUDIO)


def test_what_predict_checks_is_checked_after_loading(tmp_path):
    model = SRPPHAT(EARS, batch_transform=make_pipeline(AudioReader(), STFT())).fit(AUDIO)
    loaded = again(model, tmp_path)
    assert np.array_equal(loaded.predict(AUDIO), model.predict(AUDIO))
    with pytest.raises(ValueError, match="channels"):
        loaded.predict(np.concatenate([AUDIO, AUDIO], axis=1))
    with pytest.raises(ValueError, match="at least"):
        loaded.predict(AUDIO[:, :, :100])
    other_rate = AudioReader(fs=8000).transform(AUDIO.copy())
    with pytest.raises(ValueError, match="8000"):
        loaded.predict(other_rate)


def test_arrays_that_are_mapped_from_a_file_are_stored(tmp_path):
    bank = np.memmap(tmp_path / "bank", dtype=float, mode="w+", shape=(24, 4))
    bank[:] = FEATURES
    loaded = again(FunctionTransformer(kw_args={"bank": bank}), tmp_path).kw_args["bank"]
    assert type(loaded) is np.ndarray and np.array_equal(loaded, FEATURES)


def test_a_bank_is_loaded_without_a_third_copy(tmp_path):
    bank = np.random.default_rng(0).standard_normal((20_000, 100))
    save(KNeighborsLocalizer(algorithm="brute").fit(bank, bank[:, 0]), tmp_path / "bank.sslearn")
    tracemalloc.start()
    load(tmp_path / "bank.sslearn")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.3 * bank.nbytes


def test_the_file_is_a_zip_archive_with_named_tensors(tmp_path):
    path = tmp_path / "model.sslearn"
    save(make_pipeline(StandardScaler(), neural()).fit(FEATURES, AZIMUTH), path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"model.json", "schema.json", "arrays.safetensors"}
        text = archive.read("schema.json").decode()
    names = json.loads(members_of(path)["arrays.safetensors"][8:].split(b"}}")[0] + b"}}")
    assert {"steps[0][1].mean_", "steps[1][1].weights_.0.1.weight"} <= names.keys()
    # Public names only, which outlive a private module.
    assert "sslearn.deep_learning" in text and "sslearn.deep_learning._localizer" not in text


def test_equal_estimators_make_equal_files(tmp_path):
    first, second = tmp_path / "1.sslearn", tmp_path / "2.sslearn"
    for path in (first, second):
        save(KNeighborsLocalizer(3).fit(FEATURES, AZIMUTH), path)
    one, two = members_of(first), members_of(second)
    assert one["schema.json"] == two["schema.json"]
    assert one["arrays.safetensors"] == two["arrays.safetensors"]


def test_saving_replaces_a_file_when_all_is_written(tmp_path, monkeypatch):
    path = tmp_path / "model.sslearn"
    save(KNN, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(neural().fit(FEATURES, AZIMUTH), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.sslearn"]


def test_only_estimators_are_saved(tmp_path):
    assert again(MLP((8,)), tmp_path).get_params() == MLP((8,)).get_params()
    for value in ({"a": 1}, KNeighborsLocalizer, FEATURES):
        with pytest.raises(TypeError, match="'estimator' parameter of save must be"):
            save(value, tmp_path / "model.sslearn")
    with pytest.raises(FileNotFoundError, match="path must be in a folder that exists"):
        save(KNN, tmp_path / "absent" / "model.sslearn")
    with pytest.raises(IsADirectoryError, match="path must be that of a file"):
        save(KNN, tmp_path)


def test_functions_and_callbacks_of_others_are_named_and_trusted(tmp_path):
    path = tmp_path / "model.sslearn"
    model = neural(callbacks=[("stop", EarlyStopping("train_loss", patience=7))]).fit(
        FEATURES, AZIMUTH
    )
    save(model, path)
    names = ["builtins.print", "skorch.callbacks.training.EarlyStopping"]
    with pytest.raises(ValueError, match=re.escape(f"load(path, trusted={names})")):
        load(path)
    loaded = load(path, trusted=names)
    assert loaded.callbacks[0][1].patience == 7
    assert np.array_equal(loaded.predict(FEATURES), model.predict(FEATURES))
    with pytest.raises(TypeError, match="'trusted' parameter of load must be"):
        load(path, trusted=names[1])
    loaded = again(FunctionTransformer(np.exp), tmp_path)
    assert loaded.func is np.exp


def test_the_card_and_the_contract_are_described(tmp_path):
    card = {"data": "four rooms", "scores": {"mae": np.float64(3.5), "n": [1, 2]}, "nan": np.nan}
    model = SRPPHAT(circular_array(4, 0.05), batch_transform=STFT(), fs=16000)
    save(model, tmp_path / "model.sslearn", card=card)
    info = describe(tmp_path / "model.sslearn")
    assert info.card["scores"] == {"mae": 3.5, "n": [1, 2]} and np.isnan(info.card["nan"])
    assert info.versions["sslearn"] == sslearn.__version__
    assert info.size == (tmp_path / "model.sslearn").stat().st_size
    assert info.contract == input_contract(model)
    for bad in ({"a": object()}, {"a": {1: 2}}, [1], {"a": np.zeros(3)}):
        with pytest.raises(TypeError, match="card"):
            save(model, tmp_path / "model.sslearn", card=bad)


CONTRACTS = {
    "siamese": (
        recipes.siamese(max_epochs=1),
        AZIMUTH,
        {"fs": 16000, "n_channels": 2, "n_angles": 1, "n_sources": None, "tracks": False},
    ),
    "srp": (
        SRPPHAT(EARS, batch_transform=STFT()),
        None,
        {"mic_positions": EARS, "n_channels": 2, "n_angles": 1, "n_sources": None},
    ),
    "blocks": (
        recipes.srp_phat(EARS, n_sources=2, block_duration=0.1),
        None,
        {"n_sources": 2, "tracks": True, "fs": 16000},
    ),
    "clips": (
        make_pipeline(AudioReader(8000, duration=0.1), STFT(256)),
        None,
        {"fs": 8000, "duration": 0.1, "n_angles": None},
    ),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_contracts(name):
    estimator, y, expected = CONTRACTS[name]
    contract = input_contract(estimator.fit(AUDIO, y))
    assert contract | expected == contract
    assert json.dumps(contract)


def test_contract_of_features_in_elevation():
    y = np.stack([AZIMUTH, AZIMUTH / 4], axis=1)
    model = make_pipeline(PCA(2), GridSearchCV(KNN, {"n_neighbors": [1, 3]}, cv=2))
    contract = input_contract(model.fit(FEATURES, y))
    expected = {"n_features": 4, "n_channels": None, "n_angles": 2, "n_sources": None}
    assert contract | expected == contract
    assert input_contract(neural().fit(FEATURES, AZIMUTH))["n_features"] == 4
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal((3, 4, 20, 64)), axis=-1)
    intensity = IntensityLocalizer().fit(spectrum.swapaxes(2, 3))
    assert input_contract(intensity)["n_channels"] == 4


def test_pickle_and_joblib_open_too(tmp_path):
    model = neural().fit(FEATURES, AZIMUTH)
    joblib.dump(model, tmp_path / "model.joblib")
    for copy in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model.joblib")):
        assert np.array_equal(copy.predict(FEATURES), model.predict(FEATURES))


def test_other_versions_warn(tmp_path):
    path = tmp_path / "model.sslearn"
    save(make_pipeline(StandardScaler(), KNN).fit(FEATURES, AZIMUTH), path)

    def newer(members):
        members["model.json"] = members["model.json"].replace(
            f'"sslearn": "{sslearn.__version__}"'.encode(), b'"sslearn": "99.0"'
        )

    rewrite(path, newer)
    with pytest.warns(ModelVersionWarning, match=r"written by sslearn 99\.0"):
        load(path)
    save(StandardScaler().fit(FEATURES), path)

    def older(members):
        text = members["schema.json"].decode()
        version = json.loads(text)["content"]["content"]["_sklearn_version"]["content"]
        members["schema.json"] = text.replace(version.replace('"', '\\"'), '\\"1.2\\"').encode()

    rewrite(path, older)
    with pytest.warns(InconsistentVersionWarning, match=r"1\.2"):
        load(path)


def test_estimators_without_networks_need_no_torch(tmp_path):
    code = f"""{BLOCK_TORCH}
import numpy as np, sslearn
from sslearn.datasets import make_plane_waves
X, y = make_plane_waves(12, mic_positions={EARS}, duration=.2, random_state=0, return_X_y=True)
model = sslearn.recipes.laplacian_eigenmaps().fit(X, y)
sslearn.save(model, r"{tmp_path / "model.sslearn"}")
loaded = sslearn.load(r"{tmp_path / "model.sslearn"}")
assert np.array_equal(loaded.predict(X), model.predict(X))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_network_is_described_and_loaded_without_torch(tmp_path):
    path = tmp_path / "model.sslearn"
    save(neural().fit(FEATURES, AZIMUTH), path)
    code = f"""
import sys
import sslearn
from sslearn.persistence import describe
describe(r"{path}"), sslearn.load(r"{path}")
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
