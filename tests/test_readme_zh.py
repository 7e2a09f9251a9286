"""README.zh-CN.md is README.md in Chinese: the same headings, programs, tables, names, numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGLISH = (ROOT / "README.md").read_text("utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
CODE = re.compile(r"^```\w*\n.*?^```$", re.S | re.M)
FIGURES = re.compile(r"<!-- figures.*?<!-- end of figures -->", re.S)


def sections(text: str) -> list[tuple[str, str]]:
    """The sections: the marks of the heading, and the text below it, without programs."""
    text = FIGURES.sub("", CODE.sub("", text))
    parts = re.split(r"^(#+) .*$", text, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


HEADINGS = re.findall(r"^#+ (.*)$", CODE.sub("", ENGLISH), re.M)
COUNTED = {"rows of tables": r"^\|.*\|$", "items of lists": r"^- "}
NAMED = {"names": r"`[^`\n]+`", "links": r"\]\(([^)]+)\)", "numbers": r"\d+(?:[.,]\d+)*"}
LANGUAGES = {"README.md", "README.zh-CN.md"}  # each links to the other one


def test_the_headings_are_the_same() -> None:
    assert [marks for marks, _ in sections(ENGLISH)] == [marks for marks, _ in sections(CHINESE)]


def test_the_programs_are_the_same() -> None:
    """Byte for byte, comments too: so they are tested where the README's are."""
    assert len(CODE.findall(ENGLISH)) > 15
    assert CODE.findall(CHINESE) == CODE.findall(ENGLISH)


def test_the_figures_are_the_same() -> None:
    assert FIGURES.findall(CHINESE) == FIGURES.findall(ENGLISH)


@pytest.mark.parametrize("number", range(len(HEADINGS)), ids=HEADINGS)
def test_a_section_says_the_same(number: int) -> None:
    texts = sections(ENGLISH)[number][1], sections(CHINESE)[number][1]
    for what, pattern in COUNTED.items():
        english, chinese = (len(re.findall(pattern, text, re.M)) for text in texts)
        assert english == chinese, what
    for what, pattern in NAMED.items():
        in_english, in_chinese = (set(re.findall(pattern, text)) - LANGUAGES for text in texts)
        assert in_english == in_chinese, what


@pytest.mark.parametrize("number", range(len(HEADINGS)), ids=HEADINGS)
def test_it_is_chinese(number: int) -> None:
    english, chinese = (
        re.sub(NAMED["names"] + r"|\([^)]+\)", "", sections(text)[number][1])
        for text in (ENGLISH, CHINESE)
    )
    words = len(re.findall(r"[a-z]{2,}", english))
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) >= words // 2
