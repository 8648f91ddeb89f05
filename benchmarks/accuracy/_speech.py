"""Speech for training, validation and test."""

from sklearn.model_selection import GroupShuffleSplit

from benchmarks.accuracy._data import read
from sslearn import datasets
from sslearn.simulation import Sounds

FS = 16000


def split_speech(folder, seed):
    """Speech by part, no speaker in two of them: an argument ``sounds`` for each.

    Parameters
    ----------
    folder : Path
        Folder of the corpus.
    seed : int
        Seed of the draw of the speakers of validation.

    Returns
    -------
    parts : dict of str to Sounds
        ``"train"`` and ``"validation"``: 85 and 15 % of the speakers of train-clean-100;
        ``"test"``: those of test-other.
    """
    train, test = (
        read(datasets.load_librispeech, folder, subset, fs=FS, return_paths=True)
        for subset in ("train-clean-100", "test-other")
    )
    splitter = GroupShuffleSplit(1, test_size=0.15, random_state=seed)
    [(fit, valid)] = splitter.split(train.audio, groups=train.speakers)
    parts = {
        "train": (train.audio[fit], train.speakers[fit]),
        "validation": (train.audio[valid], train.speakers[valid]),
        "test": (test.audio, test.speakers),
    }
    return {
        name: Sounds(list(paths), speakers=speakers) for name, (paths, speakers) in parts.items()
    }
