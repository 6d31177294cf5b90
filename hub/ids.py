"""UUIDv7: ids that sort by the time they were made, so that new rows land at the end of every index.

Python has `uuid.uuid7` only from 3.14 on; these lines go when 3.14 is the floor.
"""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76  # version 7
    value = value & ~(0x3 << 62) | 0x2 << 62  # the RFC's variant
    return UUID(int=value)
