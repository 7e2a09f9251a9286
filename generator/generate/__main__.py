"""Write generated/dify_workflow_api/, and the stand-in's contract, from openapi/dify-workflow.yaml.

`python -m generator.generate [--spec FILE] [--output DIR]`; exit status 1 and an untouched output
when anything is not as it should be, a warning of openapi-python-client included.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from generator.document import CONTRACT, ROOT, ContractError, Document
from generator.generate import methods, tables, templating, unasync, view

CONFIG = Path(__file__).with_name("config.yml")
OUTPUT = ROOT / "generated" / tables.PACKAGE
STAND_IN = ROOT / "fake_dify" / "src" / "fake_dify"
READER = ROOT / "wrapper" / "dify_workflow" / "exported"

METHODS = ROOT / "wrapper" / "dify_workflow" / "_clients" / "_async" / "methods.py"
SINCE, END = "<!-- since -->\n", "<!-- /since -->\n"
PAGES: dict[str, tables.Tongue] = {"docs/versions.md": "en", "docs/zh/quickstart.md": "zh"}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spec", type=Path, default=CONTRACT)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    try:
        output = args.output.resolve()
        generate(args.spec, output)
        if output == OUTPUT:
            # The stand-in imports nothing of the client.
            (STAND_IN / "openapi.json").write_bytes((output / "openapi.json").read_bytes())
            copy_reader()
            for path, text in beside(Document.read(args.spec)).items():
                path.write_text(text, encoding="utf-8")
    except (ContractError, OSError) as error:
        print(f"{args.spec}: {error}", file=sys.stderr)
        return 1
    return 0


def copy_reader() -> None:
    """Give the stand-in the client's reader of exported apps."""
    copies = STAND_IN / READER.name
    copies.mkdir(exist_ok=True)
    for module in READER.glob("*.py"):
        (copies / module.name).write_bytes(module.read_bytes())


def beside(contract: Document) -> dict[Path, str]:
    """Make what is made of the contract elsewhere: plain methods, tables of pages."""
    texts = {METHODS: unasync.tidy(METHODS, methods.methods_py(contract))}
    for name, tongue in PAGES.items():
        head, _, rest = (ROOT / name).read_text("utf-8").partition(SINCE)
        tail = rest.partition(END)[2]
        texts[ROOT / name] = f"{head}{SINCE}{tables.since_md(contract, tongue)}{END}{tail}"
    return texts


def generate(spec_path: Path, output: Path) -> None:
    """Build the package beside the output and swap it in once it is complete."""
    contract = Document.read(spec_path)
    reading = view.reading_view(contract)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".generate-") as scratch:
        package = Path(scratch) / tables.PACKAGE
        files = {
            "events.py": tables.events_py(contract),
            "filters.py": tables.filters_py(reading),
            "operations.py": tables.operations_py(contract),
        }
        run_tool(reading, package)
        for name, text in files.items():
            (package / name).write_text(text, encoding="utf-8")
        paths = [str(package / name) for name in files]
        run("ruff", "format", "--isolated", "--no-cache", "--line-length=100", *paths)
        exact = json.dumps(contract.spec, ensure_ascii=False, indent=1) + "\n"
        (package / "openapi.json").write_text(exact, encoding="utf-8")
        (package / "README.md").write_text(tables.readme_md(contract), encoding="utf-8")
        (package / "py.typed").write_text(tables.HEADER, encoding="utf-8")
        if output.exists():
            output.rename(Path(scratch) / "old")
        package.rename(output)


def run_tool(document: Document, package: Path) -> None:
    """Run openapi-python-client over a document."""
    source = package.with_name("view.json")
    source.write_text(json.dumps(document.spec), encoding="utf-8")
    templates = package.with_name("templates")
    templates.mkdir()
    templating.write(templates)
    where = (f"--path={source}", f"--output-path={package}", f"--custom-template-path={templates}")
    options = ("--meta=none", "--fail-on-warning", f"--config={CONFIG}")
    run("openapi_python_client", "generate", *options, *where)


def run(module: str, *args: str) -> None:
    """Run a tool of this interpreter's own environment (and, in the tool's hooks, its ruff)."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", module, *args]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    if done.returncode:
        raise ContractError(f"{module} failed:\n{done.stderr or done.stdout}")


if __name__ == "__main__":
    sys.exit(main())
