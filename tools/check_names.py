"""Check the subject of a commit, or the names of the fragments of the change log.

Run by pre-commit, or as ``python tools/check_names.py subject FILE`` and
``python tools/check_names.py fragments FILE...``.
"""

import re
import sys
from pathlib import Path

TAGS = ("API", "BENCH", "DOC", "EFF", "ENH", "FIX", "MNT", "TST")
KINDS = ("api", "doc", "efficiency", "feature", "fix")
LONGEST = 60


def subject_error(message):
    """What is wrong with the subject of a commit message; an empty string if nothing is."""
    subject = message.split("\n", 1)[0]
    if subject.startswith(("Merge ", "Revert ")):
        return ""
    if len(subject) > LONGEST:
        return f"subject must have at most {LONGEST} characters; got {len(subject)}: {subject}"
    tag = subject.split(" ", 1)[0]
    if tag not in TAGS or subject == tag:
        return f"subject must be a tag, one of {', '.join(TAGS)}, and a sentence; got: {subject}"
    return ""


def fragment_error(path):
    """What is wrong with a fragment of the change log; an empty string if nothing is."""
    path = Path(path)
    if not re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.rst", path.name):
        return f"{path} must be named <slug>.<{'|'.join(KINDS)}>.rst, the slug in lower case"
    if not path.read_text(encoding="utf-8").strip():
        return f"{path} must hold a sentence; it is empty"
    return ""


def main(argv):
    """Print what is wrong; return 1 if anything is."""
    kind, *paths = argv
    if kind == "subject":
        errors = [subject_error(Path(paths[0]).read_text(encoding="utf-8"))]
    else:
        errors = [fragment_error(path) for path in paths if Path(path).exists()]
    found = [error for error in errors if error]
    print("\n".join(found), end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
