"""What the README asks of curl, for a machine that has none: `-s`, `-H` and `-d`, and the body that came back."""

import argparse
import sys

import httpx


def main() -> None:
    read = argparse.ArgumentParser()
    read.add_argument("url")
    read.add_argument("-s", action="store_true")
    read.add_argument("-H", dest="headers", action="append", default=[])
    read.add_argument("-d", dest="data")
    asked = read.parse_args()
    body = sys.stdin.buffer.read() if asked.data == "@-" else asked.data
    headers = dict(header.split(": ", maxsplit=1) for header in asked.headers)
    answer = httpx.request(
        "GET" if body is None else "POST", asked.url, headers=headers, content=body, timeout=60
    )
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main()
