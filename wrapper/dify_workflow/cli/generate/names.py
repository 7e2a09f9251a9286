"""Names of an app as names of Python, and texts of an app as source code."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Collection, Iterable

_REFUSED = frozenset({"__debug__"})  # no keyword, and nothing can be named so


def is_identifier(name: str) -> bool:
    """Whether Python takes the name, and takes it as it is written."""
    usable = name.isidentifier() and not keyword.iskeyword(name) and name not in _REFUSED
    return usable and unicodedata.normalize("NFKC", name) == name


def identifiers(
    names: Iterable[str], taken: Collection[str] = (), *, public: bool = False
) -> dict[str, str]:
    """Return an identifier for each name: the names that are identifiers keep them.

    `taken` are identifiers that mean something else. `public`: none begins with an underscore,
    which attrs drops from arguments, and Python mangles in classes.
    """
    names = list(dict.fromkeys(names))
    kept = [
        name
        for name in names
        if is_identifier(name) and name not in taken and not (public and name.startswith("_"))
    ]
    used = {*kept, *taken}
    found = dict(zip(kept, kept, strict=True))
    for name in names:
        if name not in found:
            wanted = _likeness(name, public=public)
            if wanted in taken or not is_identifier(wanted):
                wanted += "_"
            free, number = wanted, 2
            while free in used:
                free, number = f"{wanted.rstrip('_')}_{number}", number + 1
            found[name] = free
            used.add(free)
    return {name: found[name] for name in names}


def _likeness(name: str, *, public: bool) -> str:
    text = unicodedata.normalize("NFKC", name)
    text = "".join(char if f"_{char}".isidentifier() else "_" for char in text)
    text = text.lstrip("_") if public else text
    if not text.strip("_"):
        return "value"
    return text if text.isidentifier() else f"n{text}"


def class_name(*parts: str) -> str:
    """Return the parts as the name of a class; "" where no letter is left."""
    words = "_".join(unicodedata.normalize("NFKC", part) for part in parts)
    words = "".join(char if f"_{char}".isidentifier() else "_" for char in words)
    return "".join(word[:1].upper() + word[1:] for word in words.split("_"))


def literal(text: str) -> str:
    """Return a text as source code, in double quotes where that needs no escape."""
    source = repr(text)
    return f'"{source[1:-1]}"' if source[0] == "'" and '"' not in source else source


def prose(text: str) -> str:
    """Return a text on one line as it can stand in a docstring."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(line.split()).replace("\\", "\\\\").replace('""', '\\"\\"')
