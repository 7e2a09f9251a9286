"""Known differences from Dify's published document have reasons; the command tells the others."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any

import published_like
import pytest
from contract_edits import GONE, edited
from places import ROOT

from generator.compare import __main__ as compare
from generator.compare import published
from generator.compare.published import Difference, Known
from generator.document import ContractError, read_yaml

KNOWN = ROOT / "generator" / "compare" / "known_differences.yaml"
RUN = "POST /workflows/run"

MISSING = Difference(f"{RUN} 200 id", "not in the published document")
NULL = Difference(f"{RUN} 200 error", "may be null, published never")


def test_a_known_difference_has_its_reason_and_the_others_none() -> None:
    entries = [Known([f"{RUN} 200 *"], "may be null, *", "Recorded.")]
    explained, stale = published.sorted_out([MISSING, NULL], entries)
    assert explained == [(MISSING, None), (NULL, "Recorded.")]
    assert stale == []


def test_a_pattern_that_matches_nothing_is_stale_beside_one_that_does() -> None:
    entries = [Known([f"{RUN} 200 id", f"{RUN} 200 idle", "* 2?? id"], "not in *", "Recorded.")]
    _, stale = published.sorted_out([MISSING], entries)
    assert stale == ["* 2?? id: not in *", f"{RUN} 200 idle: not in *"]


@pytest.mark.parametrize(
    "entry",
    [
        {"where": "x", "what": "y"},
        {"where": "x", "what": "y", "reason": ""},
        {"where": [], "what": "y", "reason": "z"},
        {"where": "x", "what": "y", "reason": "z", "more": 1},
        {"where": "x", "what": "y", "reason": "z", "in": "some"},
        "x",
    ],
)
def test_an_entry_without_a_reason_is_refused(entry: Any) -> None:
    with pytest.raises(ContractError, match=r"^known difference "):
        published.known([entry])


def test_every_entry_of_the_file_is_of_places_and_kinds_that_exist() -> None:
    """Places by the contract, or by what only the published document has; told by the latter."""
    entries = published.known(read_yaml(KNOWN))
    assert len(entries) > 40
    kinds = re.compile(
        r"not in the (contract|published document)|published as not for workflow apps"
        r"|may be null, published never|never null, published may|fields are told, published not"
        r"|fields not told, published are|(type|format|values) .*, published .*"
    )
    assert [entry.what for entry in entries if not kinds.fullmatch(entry.what)] == []


# ---------------------------------------------------------------------- the command


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command, to be run here: its status, what it writes, and its errors."""
    return lambda *args: (compare.main(list(args)), *capsys.readouterr())


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write the two documents and one known difference; give the arguments that name them."""
    error = "/workflows/run post responses 200 content application/json schema properties error"
    changed = edited({f"{error} nullable": GONE}, published_like.PUBLISHED)
    (tmp_path / "ours.yaml").write_text(json.dumps(published_like.OURS), "utf-8")
    (tmp_path / "published.json").write_text(json.dumps(changed), "utf-8")
    known(tmp_path, RECORDED)
    names = {"spec": "ours.yaml", "known": "known.yaml", "published": "published.json"}
    return [f"--{key}={tmp_path / name}" for key, name in names.items()]


RECORDED = {"where": f"{RUN} 200 error", "what": "may be *", "reason": "Recorded."}
STALE = RECORDED | {"where": f"{RUN} 200 id"}
CHAT = {"where": "* /chat-*", "what": "not in the contract", "reason": "Other apps."}
CHAT |= {"in": "generated"}


def known(folder: Path, *entries: dict[str, str]) -> None:
    (folder / "known.yaml").write_text(json.dumps(entries), "utf-8")


def test_the_command_is_content_with_what_is_known(run: Run, files: list[str]) -> None:
    status, out, err = run(*files)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "known (1): Recorded.",
        f"    {NULL}",
        "1 differences: 1 known, 0 new; 0 stale entries",
    ]


def test_the_command_fails_on_what_is_new_and_on_what_is_stale(
    run: Run, files: list[str], tmp_path: Path
) -> None:
    known(tmp_path, STALE)
    status, out, _ = run(*files)
    assert status == 1
    assert f"NEW: {NULL}" in out
    assert f"STALE: {RUN} 200 id: may be *" in out
    known(tmp_path)
    difference = {"where": NULL.where, "what": NULL.what, "reason": None}
    report = {"ok": False, "differences": [difference], "stale": []}
    assert json.loads(run(*files, "--json")[1]) == report


def test_the_generated_document_has_known_differences_of_its_own(
    run: Run, files: list[str], tmp_path: Path
) -> None:
    chat: dict[str, Any] = {"/chat-messages": {"post": {"responses": {}}}}
    changed = edited(chat, published_like.GENERATED)
    (tmp_path / "generated.json").write_text(json.dumps(changed), "utf-8")
    known(tmp_path, CHAT, STALE)
    status, out, _ = run(*files[:2], f"--published={tmp_path / 'generated.json'}")
    assert (status, out.splitlines()[-1]) == (0, "1 differences: 1 known, 0 new; 0 stale entries")
    known(tmp_path, CHAT)
    told = run(*files)[1].splitlines()[-1]  # the published document
    assert told == "1 differences: 0 known, 1 new; 0 stale entries"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def test_the_published_document_can_be_fetched(run: Run, files: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"no")
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        names = ("published.json", "bad", "gone")
        good, bad, gone = (run(*files[:2], f"--published={url}/{name}") for name in names)
        server.shutdown()
    assert [one[0] for one in (good, bad, gone)] == [0, 1, 1]
    assert url in bad[2]
    assert "404" in gone[2]
    assert "Traceback" not in bad[2] + gone[2]


def test_an_absent_file_is_told(run: Run, files: list[str], tmp_path: Path) -> None:
    status, _, err = run(*files[:2], f"--published={tmp_path / 'no.json'}")
    assert (status, err[:22]) == (1, "[Errno 2] No such file")


@pytest.mark.skipif("DIFY_PUBLISHED" not in os.environ, reason="DIFY_PUBLISHED names no document")
def test_every_difference_from_the_published_document_is_known(run: Run) -> None:
    status, out, err = run(f"--published={os.environ['DIFY_PUBLISHED']}")
    assert status == 0, out + err
