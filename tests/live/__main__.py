"""Run the checks: `python tests/live [pytest's arguments]`, which is `make test-live`.

They need DIFY_BASE_URL and DIFY_API_KEY. All that they do to the server is to run the given apps,
and to upload files of a few bytes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
UNUSABLE = 2


def main(arguments: list[str]) -> int:
    """Run the checks that the environment allows; return the exit code."""
    from live import apps

    if missing := apps.missing():
        print(f"make test-live needs {' and '.join(missing)}. What it reads:\n{apps.USAGE}")
        return UNUSABLE
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # whatever else is installed
    import pytest

    options = ["--tb=short", "-p", "live.plugin", "-p", "pytest_timeout", "-p", "no:cacheprovider"]
    settings = ["-o", "python_files=check_*.py", "-o", f"timeout={apps.LONGEST + 60}"]
    return pytest.main([*options, *settings, *arguments, str(HERE)])


if __name__ == "__main__":
    sys.path[0] = str(HERE.parent)
    sys.exit(main(sys.argv[1:]))
