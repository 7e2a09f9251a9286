"""The environments of the clients: one venv for each requirement file, kept in benchmarks/.envs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVS = HERE / ".envs"
REQUIREMENTS = HERE / "requirements"
ROOT = HERE / "tls" / "root.pem"  # certificate behind that of the server
OURS = ("plain", "fast")  # where the working tree is installed, editable


def python(name: str) -> str:
    """The interpreter of an environment, which is made when it is new or out of date.

    "dev" is the interpreter that runs this.
    """
    if name == "dev":
        return sys.executable
    home, wanted = ENVS / name, _requirements(name)
    stamp = home / "installed.txt"
    interpreter = home / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment {name}", file=sys.stderr, flush=True)
        venv.create(home, clear=True, with_pip=True)
        install = [interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        file = REQUIREMENTS / f"{name}.txt"
        subprocess.run([*install, "-r", file], check=True, timeout=600)
        if name in OURS:
            subprocess.run(
                [*install, "--no-deps", "-e", HERE.parent, "-e", HERE.parent / "fake_dify"],
                check=True,
                timeout=600,
            )
        stamp.write_text(wanted)
    return str(interpreter)


def _requirements(name: str) -> str:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    return f"{sys.version}\n" + text.replace(
        "-r plain.txt", (REQUIREMENTS / "plain.txt").read_text()
    )


def variables(*, tls: bool = False) -> dict[str, str]:
    """The environment variables of a client: no proxy, no settings of this library or of TLS.

    With `tls`, our root: without it, each client loads the certificates that it has by itself.
    """
    dropped = ("proxy", "dify_", "python", "ssl_cert", "ca_bundle")
    kept = {name: value for name, value in os.environ.items() if not _has(name.lower(), dropped)}
    return kept | dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if tls else (), str(ROOT))


def _has(name: str, words: tuple[str, ...]) -> bool:
    return any(word in name for word in words)


def versions(name: str) -> dict[str, str]:
    """What is installed in an environment."""
    program = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.name: d.version for d in m.distributions()}))"
    )
    done = subprocess.run(
        [python(name), "-c", program], capture_output=True, check=True, timeout=60, env={}
    )
    skipped = {"pip", "setuptools"}
    found = json.loads(done.stdout)
    return {key: found[key] for key in sorted(found, key=str.lower) if key not in skipped}
