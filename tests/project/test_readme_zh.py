"""The pages for Chinese developers: the same headings and programs, other words."""

from __future__ import annotations

import ast
import re
from itertools import zip_longest
from pathlib import Path

import pytest
from places import ROOT

PAGES = {"README.md": "README.zh-CN.md", "docs/quickstart.md": "docs/zh/quickstart.md"}
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
pytestmark = pytest.mark.parametrize(("english", "chinese"), PAGES.items(), ids=PAGES)


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) ", CODE.sub("", text), re.M)


def test_the_headings_are_the_same(english: str, chinese: str) -> None:
    """The quick start in Chinese has more behind them, of pages that are English."""
    wanted, found = headings(read(english)), headings(read(chinese))
    assert found == wanted if english == "README.md" else found[: len(wanted)] == wanted


def test_the_programs_are_the_same(english: str, chinese: str) -> None:
    """But for comments, and for what is said to people."""
    pairs = list(zip_longest(CODE.findall(read(english)), CODE.findall(read(chinese))))
    assert len(pairs) >= 5
    for (kind, wanted), (other, found) in pairs:
        assert kind == other
        if kind == "python":
            for one, two in zip_longest(ast.walk(ast.parse(wanted)), ast.walk(ast.parse(found))):
                assert type(one) is type(two)
                if isinstance(one, ast.Constant) and isinstance(two, ast.Constant):
                    said = isinstance(two.value, str) and not two.value.isascii()
                    assert one.value == two.value or said, one.value
                for field in ("id", "attr", "arg", "name"):
                    assert getattr(one, field, None) == getattr(two, field, None)
        else:
            assert re.sub(r"#.*", "", wanted) == re.sub(r"#.*", "", found)


def test_the_words_are_chinese(english: str, chinese: str) -> None:
    for section in re.split(r"^#+ ", CODE.sub("", read(chinese)), flags=re.M)[1:]:
        words = re.sub(r"`[^`]+`|\([^)]+\)", "", section)
        assert re.search(r"[\u4e00-\u9fff]", words), section


def test_links_to_pages_are_the_same(english: str, chinese: str) -> None:
    def pages(text: str) -> set[str]:
        return {Path(path).stem for path in re.findall(r"\]\((?!https?:)([^)#]+\.md)", text)}

    assert pages(read(english)) - pages(read(chinese)) <= {"README.zh-CN", "versions"}
