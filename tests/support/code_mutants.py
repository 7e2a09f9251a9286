"""Spoil the client in one place at a time, and list which spoilt clients the tests let pass.

`python tests/support/code_mutants.py --number 60 --seed 1 [--commit X]`, part of no target: in
a clone, each place that the seed has chosen is changed (a comparison, a condition, a constant, what
is returned, a statement left out). The quick tests run, those of its room first, then all of its
room. A place is chosen by its own text: an edit elsewhere does not change the choice.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import attrs
from places import ROOT

OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
LEFT_OUT = (ast.Expr, ast.Raise, ast.AugAssign, ast.Delete, ast.Break, ast.Continue)
ROOMS = {"errors.py": "types", "versions.py": "clients", "options.py": "api", "typed.py": "types"}


@attrs.frozen
class Mutant:
    path: Path
    """The file, in the repository."""
    function: str
    old: str
    new: str
    span: tuple[int, int]
    """Where the old text is, in bytes."""

    def __str__(self) -> str:
        return f"{self.path} {self.function}: {_short(self.old)} -> {_short(self.new)}"

    @property
    def room(self) -> str:
        """The folder of the tests of its room."""
        part = self.path.parts[1 if self.path.parts[1] == "h1_streams" else 2]
        return "tests/" + ROOMS.get(part, part.lstrip("_"))


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:70]


def changed(node: ast.AST) -> str | None:
    """Return the text of a node made wrong, None where there is no such way."""
    new: ast.AST = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[operator]):
            new.ops = [OTHER[type(operator)]()]
        case ast.BoolOp():
            new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            new = new.operand
        case ast.Constant(value=bool(value)):
            new.value = not value
        case ast.Constant(value=int(value) | float(value)):
            new.value = value + 1
        case ast.Constant(value=str(value)) if re.fullmatch("[a-z_]+", value):
            new.value = value + "x"
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in ("None", "self"):
            return "return None"
        case ast.Expr(value=ast.Constant() | ast.Yield() | ast.YieldFrom()):
            return None
        case _ if isinstance(new, LEFT_OUT):
            return "pass"
        case _:
            return None
    return f"({ast.unparse(new)})"


def mutants(root: Path) -> Iterator[Mutant]:
    """Make every mutant of the files of the client that are written by hand."""
    for path in sorted(root.glob("wrapper/**/*.py")):
        text = path.read_bytes()
        if not text.startswith(b"# Written"):
            starts = [0]
            for line in text.split(b"\n"):
                starts.append(starts[-1] + len(line) + 1)
            for function, node in _nodes(ast.parse(text), ()):
                assert node.end_lineno is not None
                assert node.end_col_offset is not None
                begin = starts[node.lineno - 1] + node.col_offset
                end = starts[node.end_lineno - 1] + node.end_col_offset
                if new := changed(node):
                    old = text[begin:end].decode()
                    yield Mutant(path.relative_to(root), function, old, new, (begin, end))


def _nodes(node: ast.AST, name: tuple[str, ...]) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """Go through the code: no types, and no f-strings: where their parts are is not known."""
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = (*name, node.name)
    if isinstance(node, ast.expr | ast.stmt) and name:
        yield ".".join(name), node
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "slice"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _nodes(child, name)


def chosen(root: Path, number: int, seed: int) -> list[Mutant]:
    """Return so many mutants of the client; of those that read alike, the first."""
    by_text = {str(mutant): mutant for mutant in reversed(list(mutants(root)))}
    texts = sorted(by_text, key=lambda text: zlib.crc32(f"{seed} {text}".encode()))
    return [by_text[text] for text in texts[:number]]


def killed(root: Path, room: str) -> str | None:
    """Return the first test that fails; None if all pass."""
    paths = [str(root / path) for path in ("wrapper", "generated", "fake_dify/src")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    whole = "not (slow or types)"
    for arguments in ([room, "-m", "quick"], ["-m", "quick"], [room, "-m", whole]):
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "--tb=no"]
        try:
            done = subprocess.run(
                [*command, *arguments],
                cwd=root,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=1200,
            )
        except subprocess.TimeoutExpired:
            return "too long"
        if done.returncode:
            failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
            return failed[1] if failed else done.stdout.strip()[-200:]
    return None


def spoil(root: Path, mutant: Mutant) -> None:
    """Write a mutant into a clone, and what is generated of that file."""
    path = root / mutant.path
    text = path.read_bytes()
    begin, end = mutant.span
    path.write_bytes(text[:begin] + mutant.new.encode() + text[end:])
    commands = ["import generator.generate.unasync as g; g.main()"]
    if path.parent.name == "exported":
        commands = ["import generator.generate.__main__ as g; g.copy_reader()"]
    subprocess.run([sys.executable, "-c", *commands], cwd=root, check=True)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--number", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--commit", default="HEAD", help="of this repository")
    args = parser.parse_args()
    survivors = 0
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / ROOT.name
        quiet = ["git", "-c", "advice.detachedHead=false"]
        subprocess.run([*quiet, "clone", "-q", str(ROOT), str(clone)], check=True)
        git = ["git", "-C", str(clone)]
        subprocess.run([*git, "checkout", "-q", args.commit], check=True)
        if reason := killed(clone, "tests/codec"):
            raise SystemExit(f"without any change a test fails: {reason}")
        for number, mutant in enumerate(chosen(clone, args.number, args.seed), 1):
            spoil(clone, mutant)
            reason = killed(clone, mutant.room)
            survivors += not reason
            print(number, "SURVIVED" if not reason else "killed", mutant, reason or "", flush=True)
            subprocess.run([*git, "checkout", "-q", "."], check=True)
    print(f"{survivors} of {args.number} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
