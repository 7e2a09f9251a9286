"""The templates for openapi-python-client: its own, changed by the diffs in templates/.

`templates/NAME.diff` changes the tool's template NAME; what is no diff stands there beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import openapi_python_client

from generator.document import ContractError

TEMPLATES = Path(__file__).parent / "templates"
ORIGINALS = Path(openapi_python_client.__file__).parent / "templates"


def write(folder: Path) -> None:
    """Write all that `--custom-template-path` is to hold.

    Raises:
        ContractError: a template of this version of the tool has not the lines that a diff changes.
    """
    for source in sorted(TEMPLATES.iterdir()):
        if source.suffix != ".diff":
            shutil.copy(source, folder)
            continue
        lines = source.read_text("utf-8").splitlines(keepends=True)
        name = lines[0].removeprefix("--- a/").strip()
        text = (ORIGINALS / name).read_text("utf-8") if (ORIGINALS / name).exists() else ""
        for old, new in hunks(lines[2:]):
            if text.count(old) != 1:
                raise ContractError(
                    f"{source.name} no longer fits the template of openapi-python-client "
                    f"{openapi_python_client.__version__}, which has not once:\n{old}"
                )
            text = text.replace(old, new)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def hunks(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Give the old and the new text of each hunk of a unified diff."""
    starts = [n for n, line in enumerate(lines) if line.startswith("@@")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[start + 1 : end]
        yield tuple("".join(line[1:] for line in body if line[0] in side) for side in (" -", " +"))  # type: ignore[misc]
