"""A wrong contract stops the generator. (A right one with more in it: tests of CONTRIBUTING.)"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract_edits import GONE, REF, edited

from generator.document import ContractError
from generator.generate import __main__ as generate

ID = "/info get operationId"
SAME = "GET /parameters: operationId getAppParameters is that of /info too"
CHOICE = {"oneOf": [{"$ref": REF + "EndUser"}, {"$ref": REF + "UploadedFile"}]}
INLINE = {"type": "object", "properties": {"a": {"type": "string"}}}
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@pytest.mark.long
@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({ID: "getAppParameters"}, SAME),
        ({ID: "get_appParameters"}, SAME),
        ({"/info get tags": GONE}, "GET /info: needs an operationId and exactly one tag"),
        ({"NodeFinishedData.x": {"$ref": REF + "Gone"}}, f"$ref to nothing: {REF}Gone"),
        (
            {"AppInfo.x": {"$ref": REF + "StopTaskBody"}},
            "StopTaskBody is used in requests and in responses",
        ),
        (
            {"WorkflowEvent discriminator mapping error": GONE},
            "oneOf and discriminator.mapping name different schemas",
        ),
        ({"AppInfo.x": INLINE}, "AppInfo.x: an object with properties needs to be a component"),
        ({"AppInfo.x": CHOICE}, "a choice or a nested list of components cannot be read"),
        ({"/info get responses 200 content": ZIP}, "Unsupported content_type application/zip"),
        ("info:\n  title: a\n  title: b\n", "found duplicate key"),
        ('{"title": 1, "title": 2}', "found duplicate key"),
    ],
)
def test_wrong_contract_is_refused_and_nothing_written(
    edits: dict[str, Any] | str, message: str, tmp_path: Path
) -> None:
    source, output = tmp_path / "changed.yaml", tmp_path / "out" / "package"
    text = edits if isinstance(edits, str) else json.dumps(edited(edits))
    source.write_text(text, encoding="utf-8")
    output.mkdir(parents=True)
    (output / "kept.py").touch()
    with pytest.raises(ContractError) as caught:
        generate.generate(source, output)
    assert message in str(caught.value)
    assert list((tmp_path / "out").rglob("*")) == [output, output / "kept.py"]
