"""Values of many kinds that callers put into inputs."""

from __future__ import annotations

import collections
import dataclasses
import enum
import types
import uuid
from datetime import UTC, datetime
from typing import Any

import attrs


class Colour(enum.Enum):
    RED = "red"
    PAIR = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


class Mode(str, enum.Enum):  # noqa: UP042 - its str() is not its value
    FAST = "fast"


class Size(enum.StrEnum):
    BIG = "big"


class Disguised:
    """Shows something else than it holds."""

    def __str__(self) -> str:
        return "something else"


class Text(Disguised, str): ...


class Number(Disguised, int): ...


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


@attrs.define
class Order:
    name: str
    points: list[Point] = attrs.field(factory=list)


class Pydantic:
    """Has what pydantic's models have."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        return {"mode": mode, "nested": {"a": [1]}}

    def __repr__(self) -> str:
        return "Pydantic()"


Pair = collections.namedtuple("Pair", "a b")
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
NOON = datetime(2026, 11, 22, 12, 30, 1, 5, tzinfo=UTC)


class Unknown:
    """Nothing that has a JSON form."""

    def __repr__(self) -> str:
        return "Unknown()"


class Frozen:
    """Looks a little like a pydantic model."""

    model_dump = None


class NaTType(datetime):
    """As pandas' NaT: a datetime that is not equal to itself."""

    def __ne__(self, other: object) -> bool:
        return True


class NAType:
    """As pandas' NA: what it is compared with gives NA, which is neither true nor false."""

    def __eq__(self, other: object) -> Any:
        return self

    def __ne__(self, other: object) -> Any:
        return self

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


class Scalar:
    """As a single value of numpy's that is no number of Python's."""

    shape = ()

    def __init__(self, kind: str, value: Any) -> None:
        self.dtype = types.SimpleNamespace(kind=kind)
        self.value = value

    def __ne__(self, other: object) -> bool:
        return self.value is None

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"Scalar({self.dtype.kind!r}, {self.value!r})"

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return str(self.value)


def circle() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = []
    made.append(made)
    return made
