"""Pack a folder of recordings into the archives and the index beside this file.

usage: python tests/wire/pack.py RECORDINGS
(RECORDINGS/<version>/<dir>/<case>/{request.json,response.headers,response.body[,timing.jsonl]})
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

HERE = Path(__file__).parent
PARTS = ("request.json", "response.body", "response.headers", "timing.jsonl")


def pack(recordings: Path, archive: Path) -> None:
    """Write every exchange below `recordings`; the same input gives the same bytes."""
    with ZipFile(archive, "w") as out:
        for path in sorted(recordings.glob("*/*/*")):
            if path.name in PARTS:
                # Fixed date and mode: a repacked archive differs only where a recording does.
                info = ZipInfo(path.relative_to(recordings).as_posix(), (1980, 1, 1, 0, 0, 0))
                info.compress_type, info.create_system = ZIP_DEFLATED, 3
                info.external_attr = 0o100644 << 16
                out.writestr(info, path.read_bytes(), compresslevel=9)


def index_rows(archive: Path) -> list[str]:
    """Give one INDEX.tsv line per exchange of an archive, sorted by case."""
    rows = []
    with ZipFile(archive) as source:
        for case, part in sorted(name.rsplit("/", 1) for name in source.namelist()):
            if part != "request.json":
                continue
            request = json.loads(source.read(f"{case}/{part}"))
            head = source.read(f"{case}/response.headers").decode("latin-1").split("\r\n")
            status = head[0].split(" ")[1] if head[0] else "-"
            types = [line[14:] for line in head if line.lower().startswith("content-type: ")]
            size = source.getinfo(f"{case}/response.body").file_size
            row = [archive.stem, case, request["method"], request["path"], status]
            rows.append("\t".join([*row, types[0] if types else "-", str(size)]))
    return rows


def main(recordings: Path) -> None:
    """Write an archive for each version below `recordings`, and INDEX.tsv for all archives."""
    for version in recordings.iterdir():
        if (version / "run").is_dir():
            pack(version, HERE / f"{version.name}.zip")
    lines = ["version\tcase\tmethod\tpath\tstatus\tcontent type\tbody bytes"]
    for archive in sorted(HERE.glob("*.zip"), key=lambda path: _release(path.stem)):
        lines += index_rows(archive)
    (HERE / "INDEX.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
