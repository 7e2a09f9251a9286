"""The snippets of CONTRIBUTING.md that add something to the contract, and how they do."""

from __future__ import annotations

import io
import re
from typing import Any

from places import ROOT
from ruamel.yaml import YAML

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
SNIPPETS = dict(re.findall(r"^### (A[^\n]*)\n[^#]*?```yaml\n(.*?)```", TEXT, re.S | re.M))

_YAML = YAML(typ="rt")
_YAML.preserve_quotes = True
_YAML.width = 1 << 20
_YAML.indent(mapping=2, sequence=4, offset=2)


def contract(*snippets: str) -> str:
    """The text of the contract with some of the snippets in it, comments kept."""
    document = _YAML.load((ROOT / "openapi" / "dify-workflow.yaml").read_text("utf-8"))
    for snippet in snippets:
        add(document, _YAML.load(snippet))
    text = io.StringIO()
    _YAML.dump(document, text)
    return text.getvalue()


def add(base: Any, addition: Any) -> None:
    """Put a document into another one: mappings join, lists grow; what is there already stays."""
    if isinstance(base, list):
        base.extend(item for item in addition if item not in base)
        return
    for name, value in addition.items():
        if name not in base:
            base[name] = value
        elif isinstance(value, dict | list):
            add(base[name], value)
        else:
            assert base[name] == value, "nothing that is there is replaced"
