"""Known differences from Dify's published document have reasons; the command tells the others."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import published_like
import pytest
from places import ROOT

from generator.compare import __main__ as compare
from generator.compare import published
from generator.compare.published import Difference, Known
from generator.document import ContractError, read_yaml

KNOWN = ROOT / "generator" / "compare" / "known_differences.yaml"
RUN = "POST /workflows/run"

GONE = Difference(f"{RUN} 200 id", "not in the published document")
NULL = Difference(f"{RUN} 200 error", "may be null, published never")


def test_a_known_difference_has_its_reason_and_the_others_none() -> None:
    entries = [Known([f"{RUN} 200 *"], "may be null, *", "Recorded.")]
    explained, stale = published.sorted_out([GONE, NULL], entries)
    assert explained == [(GONE, None), (NULL, "Recorded.")]
    assert stale == []


def test_a_pattern_that_matches_nothing_is_stale_beside_one_that_does() -> None:
    entries = [Known([f"{RUN} 200 id", f"{RUN} 200 idle", "* 2?? id"], "not in *", "Recorded.")]
    _, stale = published.sorted_out([GONE], entries)
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


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command, to be run here: a process for each would take seconds."""

    def command(*args: str) -> Done:
        status = compare.main(list(args))
        return Done(status, *capsys.readouterr())

    return command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write the two documents and one known difference; give the arguments that name them."""
    changed = published_like.published()
    content = changed["paths"]["/workflows/run"]["post"]["responses"]["200"]["content"]
    del content["application/json"]["schema"]["properties"]["error"]["nullable"]
    (tmp_path / "ours.yaml").write_text(published_like.OURS, "utf-8")
    (tmp_path / "published.json").write_text(json.dumps(changed), "utf-8")
    known = [{"where": f"{RUN} 200 error", "what": "may be *", "reason": "Recorded."}]
    (tmp_path / "known.yaml").write_text(json.dumps(known), "utf-8")
    return [f"--{key}={tmp_path / name}" for key, name in (
        ("spec", "ours.yaml"), ("known", "known.yaml"), ("published", "published.json")
    )]  # fmt: skip


def test_the_command_is_content_with_what_is_known(run: Run, files: list[str]) -> None:
    done = run(*files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "known (1): Recorded.",
        f"    {RUN} 200 error: may be null, published never",
        "1 differences: 1 known, 0 new; 0 stale entries",
    ]


def test_the_command_fails_on_what_is_new_and_on_what_is_stale(
    run: Run, files: list[str], tmp_path: Path
) -> None:
    known = [{"where": f"{RUN} 200 id", "what": "may be *", "reason": "Recorded."}]
    (tmp_path / "known.yaml").write_text(json.dumps(known), "utf-8")
    done = run(*files)
    assert done.returncode == 1
    assert f"NEW: {RUN} 200 error: may be null, published never" in done.stdout
    assert f"STALE: {RUN} 200 id: may be *" in done.stdout
    (tmp_path / "known.yaml").write_text("[]", "utf-8")
    report = json.loads(run(*files, "--json").stdout)
    difference = {"where": f"{RUN} 200 error", "what": "may be null, published never"}
    assert report == {"ok": False, "differences": [{**difference, "reason": None}], "stale": []}


def test_the_generated_document_has_known_differences_of_its_own(
    run: Run, files: list[str], tmp_path: Path
) -> None:
    changed = published_like.generated()
    changed["paths"]["/chat-messages"] = {"post": {"responses": {}}}
    (tmp_path / "generated.json").write_text(json.dumps(changed), "utf-8")
    chat = {"where": "* /chat-*", "what": "not in the contract", "reason": "Other apps."}
    never = {"where": f"{RUN} 200 id", "what": "may be *", "reason": "Recorded."}
    (tmp_path / "known.yaml").write_text(json.dumps([{**chat, "in": "generated"}, never]), "utf-8")
    done = run(*files[:2], f"--published={tmp_path / 'generated.json'}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "1 differences: 1 known, 0 new; 0 stale entries"
    (tmp_path / "known.yaml").write_text(json.dumps([chat | {"in": "generated"}]), "utf-8")
    done = run(*files)  # the published document
    assert done.stdout.splitlines()[-1] == "1 differences: 0 known, 1 new; 0 stale entries"


def test_the_published_document_can_be_fetched(run: Run, files: list[str], tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = (tmp_path / "published.json").read_bytes() if "good" in self.path else b"no"
            self.send_response(200 if "gone" not in self.path else 404)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = [run(*files[:2], f"--published={url}/{name}") for name in ("good", "bad", "gone")]
        server.shutdown()
    assert [one.returncode for one in done] == [0, 1, 1]
    assert url in done[1].stderr
    assert "404" in done[2].stderr
    assert "Traceback" not in done[1].stderr + done[2].stderr


def test_an_absent_file_is_told(run: Run, files: list[str], tmp_path: Path) -> None:
    done = run(*files[:2], f"--published={tmp_path / 'no.json'}")
    assert done.returncode == 1
    assert done.stderr.startswith("[Errno 2] No such file")


@pytest.mark.skipif("DIFY_PUBLISHED" not in os.environ, reason="DIFY_PUBLISHED names no document")
def test_every_difference_from_the_published_document_is_known(run: Run) -> None:
    done = run(f"--published={os.environ['DIFY_PUBLISHED']}")
    assert done.returncode == 0, done.stdout + done.stderr
