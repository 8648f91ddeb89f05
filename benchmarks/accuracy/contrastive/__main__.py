"""Studies of Tang, Taseska and van Waterschoot 2022 that take minutes on one core.

Run one part, or see whether all of them run::

    python -m benchmarks.accuracy.contrastive strict
    python -m benchmarks.accuracy.contrastive all --quick

``SSLEARN_DATA`` (or ``--data``) names the folder of measured heads and speech. Cues and trained
networks stay in ``--cache``, so that an interrupted run continues. ``radii`` and ``nearest`` draw a
picture beside the results.
"""

from benchmarks.accuracy.contrastive.parts import bank, dropout, fixed, personal, reduced
from benchmarks.accuracy.contrastive.pictures import nearest, radii
from benchmarks.accuracy.contrastive.strict import TRAININGS, strict
from benchmarks.study import Study

_PARTS = {f.__name__: f for f in (strict, fixed, dropout, reduced, radii, nearest, personal, bank)}
_IN_FIXED_ROOM = ("strict", "fixed", "dropout", "reduced")
_IN_VARYING_ROOMS = ("dropout", "reduced", "radii", "nearest", "personal", "bank")


def _options(parser):
    parser.add_argument("--trainings", nargs="+", choices=TRAININGS, help="only these, for strict")
    parser.add_argument("--patience", type=int, default=10, help="epochs without a better error")


STUDY = Study(
    "contrastive",
    "What do dropout, the size of the set, the radius, the heads and the neighbours change in "
    "contrastive embeddings, and why is the strict fixed room not 0 / 0?",
    _PARTS,
    sizes={
        "epochs": (4, 30),
        "step": (10, 2),
        "train": (600, 4000),
        "test_clips": (
            {**dict.fromkeys(_PARTS, 300), "strict": 80, "fixed": 80, "personal": 80},
            {**dict.fromkeys(_PARTS, 2000), "strict": 1000, "fixed": 1000, "personal": 1000},
        ),
    },
    options=_options,
    selections=("trainings",),
    only={"step": _IN_FIXED_ROOM, "train": _IN_VARYING_ROOMS},
)
main = STUDY.main


if __name__ == "__main__":
    main()
