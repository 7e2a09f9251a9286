"""The pictures of the documentation are what the program draws today."""

from __future__ import annotations

import runpy

from places import ROOT

DOCS = ROOT / "docs"


def test_the_picture_of_the_live_tree() -> None:
    script = runpy.run_path(str(DOCS / "make_images.py"))
    drawn = script["draw"]()
    assert drawn == (DOCS / "images" / "run.svg").read_text("utf-8"), "python docs/make_images.py"
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
