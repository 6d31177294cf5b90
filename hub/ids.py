"""UUIDv7: ids that sort by the time they were made, so that new rows land at the end of every index.

The twelve bits after the milliseconds are the fraction of the millisecond (RFC 9562, 6.2, method 3): what one
process makes in a row stays in its order.

Python has `uuid.uuid7` only from 3.14 on; these lines go when 3.14 is the floor.
"""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8)) >> 2
    version, variant = 0x7 << 76, 0x2 << 62
    return UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | version | fraction << 64 | variant | random)
