"""List of the studies: ``python -m benchmarks.accuracy``."""

import ast
from pathlib import Path


def questions():
    """First line of the docstring of each study, by the study's name."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*/__main__.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        found[path.parent.name] = docstring.partition("\n\n")[0].replace("\n", " ")
    return found


def main():
    """Print them."""
    for name, line in questions().items():
        print(f"python -m benchmarks.accuracy.{name}\n    {line}")
    print("Each takes --help, --quick, --data, --out and --cache.")


if __name__ == "__main__":
    main()
