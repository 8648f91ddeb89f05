import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sslearn.simulation import Sounds
from sslearn.simulation._sounds import draw_indices

FS = 16000


def test_white_noise_is_drawn_anew():
    player = Sounds().player(fs=FS, n_times=FS)
    rng = np.random.default_rng(0)
    first, second = (player.excerpt(player.draw_index(rng), rng) for _ in range(2))
    assert first.dtype == np.float32 and first.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert player.speaker(-1) == "noise"


def test_excerpts_are_not_pauses():
    speech = np.concatenate([np.zeros(30000), np.random.default_rng(0).standard_normal(10000)])
    player = Sounds([speech]).player(fs=FS, n_times=1000)
    rng = np.random.default_rng(0)
    assert all(np.abs(player.excerpt(0, rng)).max() > 0.5 for _ in range(50))


def test_speakers_of_a_clip_differ_as_far_as_there_are_such():
    tones = list(np.ones((4, 100)))
    player = Sounds(tones, speakers=["a", "a", "a", "b"]).player(fs=FS, n_times=100)
    for seed in range(20):
        two = draw_indices(player, 2, np.random.default_rng(seed))
        assert {player.speaker(index) for index in two} == {"a", "b"}
        assert len(draw_indices(player, 3, np.random.default_rng(seed))) == 3


def test_speakers_need_recordings_and_as_many():
    with pytest.raises(ValueError, match="speakers must be None where recordings is None"):
        Sounds(speakers=["a"]).player(fs=FS, n_times=10)
    with pytest.raises(ValueError, match="a label for each of the 1"):
        Sounds([np.ones(10)], speakers=["a", "b"]).player(fs=FS, n_times=10)


def test_recipe_is_cloned_and_stores_what_it_is_given():
    recordings = ["a.flac", "b.flac"]
    sounds = Sounds(recordings, speakers=[1, 2])
    assert sounds.recordings is recordings
    assert clone(sounds).get_params() == sounds.get_params()


def test_short_recordings_are_padded_on_request(tmp_path):
    sound = np.linspace(0.1, 0.5, 300, dtype=np.float32)
    soundfile.write(tmp_path / "short.wav", sound, 16000, subtype="FLOAT")
    sounds = Sounds([sound, str(tmp_path / "short.wav"), np.ones(600)], shorter="pad")
    player = sounds.player(fs=16000, n_times=500)
    for index in (0, 1):
        excerpt = player.excerpt(index, np.random.default_rng(0))
        assert_array_equal(excerpt, np.pad(sound, (0, 200)))
        assert excerpt.dtype == np.float32
    assert_array_equal(player.excerpt(2, np.random.default_rng(0)), np.ones(500))
    with pytest.raises(ValueError, match=r'a clip needs 500.*shorter="pad"'):
        Sounds([sound]).player(fs=16000, n_times=500)
    with pytest.raises(ValueError, match="0 samples"):
        Sounds([sound[:0]], shorter="pad").player(fs=16000, n_times=500)
