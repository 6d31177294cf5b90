"""`make bench`: what this machine could do at most, and what the hub does on it. docs/bench.md tells how to read it.

make bench                          everything; some twenty minutes
BENCH=quick make bench              one short run of each, and a tenth of the large database
python -m tests.bench --only life   one part: accept, life, latency or flat
python -m tests.bench --profile     where web and worker spend their time (needs py-spy)
"""

import argparse
import os
import sys

from tests.bench import report
from tests.bench.plan import FULL, PARTS, QUICK
from tests.bench.session import Session
from tests.bench.stand import BenchError


def main() -> int:
    asked = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure a hub on this machine."
    )
    asked.add_argument("--quick", action="store_true", help="one short run of each (or BENCH=quick)")
    asked.add_argument("--only", choices=PARTS, action="append", help="this part only; may be given again")
    asked.add_argument("--profile", action="store_true", help="show where web and worker spend their time")
    given = asked.parse_args()
    quick = given.quick or os.environ.get("BENCH") == "quick"
    try:
        reached = Session(
            QUICK if quick else FULL, frozenset(given.only or PARTS), profile=given.profile
        ).run()
    except BenchError as fault:
        report.say(f"bench: {fault}")
        return 1
    if not reached:
        report.say("Some figures fall short of what was to be reached; they are written as they are.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
