"""Looking into Redis, and waiting for what is under way."""

import time
import zlib
from collections.abc import Callable
from typing import Any

import redis


def everything_in(connection: redis.Redis) -> str:
    """Every key of Redis with its value, packed ones unpacked."""
    readers: dict[str, Callable[[Any], Any]] = {
        "string": connection.get,
        "hash": connection.hgetall,
        "list": lambda key: connection.lrange(key, 0, -1),
        "set": connection.smembers,
        "zset": lambda key: connection.zrange(key, 0, -1),
    }
    found = []
    for key in connection.keys("*"):
        kind: Any = connection.type(key)
        value = readers[kind.decode()](key)
        found.append(f"{key!r} {_unpacked(value)!r}")
    return "\n".join(found)


def _unpacked(value: Any) -> Any:  # noqa: ANN401 - whatever Redis holds
    if isinstance(value, dict):
        return {name: _unpacked(inside) for name, inside in value.items()}
    if isinstance(value, bytes):
        try:
            return zlib.decompress(value)
        except zlib.error:
            return value
    return value


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)
