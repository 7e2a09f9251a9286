"""Compare the contract with what others say: Dify's own documents, or recorded traffic.

    python -m generator.compare --published PATH-OR-URL [--json]
    python -m generator.compare --recorded FOLDER [--json]

Dify has two documents, one that is published and one that its server generates; both are read.
Exit status 1 on any difference from a document that known_differences.yaml does not explain, on an
explanation that the published document does not need any more, and on anything recorded that the
contract does not allow.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from generator.compare import published, recorded
from generator.document import CONTRACT, ContractError, Document, read_yaml

KNOWN = Path(__file__).with_name("known_differences.yaml")


def main(argv: list[str] | None = None) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spec", type=Path, default=CONTRACT)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--published", metavar="PATH-OR-URL", help="Dify's OpenAPI document")
    source.add_argument("--recorded", metavar="FOLDER", type=Path, help="recordings, HAR files")
    parser.add_argument("--known", type=Path, default=KNOWN, help="explained differences")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    args = parser.parse_args(argv)
    try:
        contract = Document.read(args.spec)
        if args.published:
            report, text = with_published(contract, args.published, args.known)
        else:
            report, text = recorded.compare(contract, args.recorded)
    except (ContractError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(report, ensure_ascii=False, indent=1) if args.json else "\n".join(text))
    return 0 if report["ok"] else 1


def with_published(
    contract: Document, source: str, known_path: Path
) -> tuple[dict[str, Any], list[str]]:
    """Give the report on a published document, as JSON values and as lines of text."""
    document = published.load(source)
    generated = published.is_generated(document)
    entries = published.known(read_yaml(known_path))
    entries = [entry for entry in entries if generated or not entry.generated]
    found = published.differences(contract, document)
    explained, stale = published.sorted_out(found, entries)
    stale = [] if generated else stale  # most entries are of the published document
    new = [difference for difference, reason in explained if reason is None]
    report = {
        "ok": not new and not stale,
        "differences": [
            {"where": difference.where, "what": difference.what, "reason": reason}
            for difference, reason in explained
        ],
        "stale": stale,
    }
    text = []
    for reason in dict.fromkeys(reason for _, reason in explained if reason):
        same = [difference for difference, why in explained if why == reason]
        text += [f"known ({len(same)}): {reason}", *(f"    {difference}" for difference in same)]
    text += [f"NEW: {difference}" for difference in new]
    text += [f"STALE: {entry} (known_differences.yaml explains what is no more)" for entry in stale]
    known, total = len(found) - len(new), len(found)
    text.append(f"{total} differences: {known} known, {len(new)} new; {len(stale)} stale entries")
    return report, text


if __name__ == "__main__":
    sys.exit(main())
