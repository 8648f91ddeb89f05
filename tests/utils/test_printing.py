"""How estimators are printed, alone and inside those of scikit-learn."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sslearn import recipes
from sslearn.doa import MUSIC, SRPPHAT
from sslearn.encoding import UnbiasedEncoding
from sslearn.features import STFT, FeatureStack
from sslearn.geometry import circular_array, circular_grid
from sslearn.simulation import ArrayReceiver

MICS = circular_array(4, 0.05)
SHORT = "mic_positions=array of shape (4, 3)"


@pytest.mark.parametrize(
    ("estimator", "text"),
    [
        (SRPPHAT(MICS), f"SRPPHAT({SHORT})"),
        (ArrayReceiver(MICS), f"ArrayReceiver({SHORT})"),
        (UnbiasedEncoding(circular_grid(5.0)), "UnbiasedEncoding(grid=array of shape (72,))"),
        (SRPPHAT(MICS, freq_range=np.array([200, 2000])), "freq_range=array([ 200, 2000])"),
        (make_pipeline(STFT(512), SRPPHAT(MICS)), f"SRPPHAT({SHORT})"),
        (GridSearchCV(MUSIC(MICS), {"n_sources": [1, 2]}), f"MUSIC({SHORT})"),
        (recipes.phase_network(), "grid=array of shape (73,)"),
        (recipes.srp_phat(MICS), SHORT),
    ],
)
def test_arrays_are_printed_by_their_shape(estimator, text):
    assert text in repr(estimator)
    assert "e-18" not in repr(estimator) + estimator._repr_html_()


def test_other_estimators_and_parameters_stay():
    array = np.arange(8.0)
    assert repr(array) in repr(Ridge(alpha=array))
    localizer = SRPPHAT(MICS)
    repr(localizer)
    assert localizer.get_params()["mic_positions"] is MICS
    with config_context(print_changed_only=False):
        assert "fs=16000" in repr(SRPPHAT(MICS.tolist()))


@pytest.mark.parametrize("parts", [[], [("a", "drop")], [("a", STFT())]])
def test_diagram_of_any_stack(parts):
    stack = FeatureStack(parts)
    assert "FeatureStack" in stack._repr_html_()
    assert not hasattr(stack, "n_features_in_")
    assert not hasattr(stack, "feature_names_in_")


def test_diagrams_link_no_page_of_scikit_learn():
    assert SRPPHAT(MICS)._get_doc_link() == ""
    assert "scikit-learn.org" not in SRPPHAT(MICS)._repr_html_().split("</style>")[-1]
