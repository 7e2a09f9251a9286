"""Where things are in this project."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
DSL = TESTS / "dsl"  # exported apps
TLS = TESTS / "tls"  # a certificate of 127.0.0.1
WIRE = TESTS / "wire"  # recordings


def files_below(folder: Path) -> dict[str, bytes]:
    """Return what is in the files of a folder, by their names."""
    paths = [
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
