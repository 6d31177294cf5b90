"""Looking into Redis and into messages, and waiting for what is under way."""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def words(message: object) -> Iterator[str]:
    """Every text and number that a message holds."""
    if isinstance(message, Mapping):
        for inside in message.values():
            yield from words(inside)
    elif isinstance(message, Sequence) and not isinstance(message, str):
        for inside in message:
            yield from words(inside)
    elif isinstance(message, str):
        yield message


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)
