"""Where things are in this project."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
DSL = TESTS / "dsl"  # exported apps
TLS = TESTS / "tls"  # a certificate of 127.0.0.1
WIRE = TESTS / "wire"  # recordings
