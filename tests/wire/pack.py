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
        for name in sorted(source.namelist()):
            case, part = name.rsplit("/", 1)
            if part != "request.json":
                continue
            request = json.loads(source.read(name))
            head = source.read(f"{case}/response.headers").decode("latin-1").split("\r\n")
            status = head[0].split(" ")[1] if head[0] else "-"
            types = [line[14:] for line in head if line.lower().startswith("content-type: ")]
            size = source.getinfo(f"{case}/response.body").file_size
            row = [archive.stem, case, request["method"], request["path"], status]
            rows.append("\t".join([*row, types[0] if types else "-", str(size)]))
    return rows


def main(recordings: Path) -> None:
    """Rewrite all archives and INDEX.tsv, oldest version first."""
    versions = [path for path in recordings.iterdir() if (path / "run").is_dir()]
    versions.sort(key=lambda path: tuple(int(part) for part in path.name.split(".")))
    lines = ["version\tcase\tmethod\tpath\tstatus\tcontent type\tbody bytes"]
    for version in versions:
        archive = HERE / f"{version.name}.zip"
        pack(version, archive)
        lines += index_rows(archive)
    (HERE / "INDEX.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
