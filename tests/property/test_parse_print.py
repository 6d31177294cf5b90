"""Whatever is printed is read back as the same; and what is read knows on which line it stood."""

import tomllib
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from protocols.lines import Lines, Path
from protocols.parse import Fault, ProtocolFaults, parse, print_
from protocols.protocol import Protocol
from tests.property.protocols import WORDS, protocols
from tests.signed import text


def faults_of(source: str) -> tuple[Fault, ...]:
    """Nothing but faults may come of reading a text, and never none of them."""
    try:
        parse(source, file="x.toml")
    except ProtocolFaults as wrong:
        return wrong.faults or (Fault("x.toml", 0, ""),)
    return ()


@given(protocols())
def test_parse_after_print_is_the_identity(protocol: Protocol) -> None:
    printed = print_(protocol)
    again = parse(printed, file="printed.toml")
    assert again == protocol
    assert again.digest == protocol.digest
    assert print_(again) == printed


@given(st.text(max_size=200) | st.builds("{}\n{}".format, WORDS, st.just(text())))
def test_any_text_is_read_or_refused_with_lines_that_it_has(source: str) -> None:
    lines = source.count("\n") + 1
    faults = faults_of(source)
    assert all(1 <= fault.line <= lines and fault.says for fault in faults)


@given(st.data())
def test_one_spoilt_line_is_a_fault_or_another_protocol(data: st.DataObject) -> None:
    lines = text().split("\n")
    place = data.draw(st.integers(0, len(lines) - 1))
    spoilt = "\n".join([*lines[:place], data.draw(st.just("") | WORDS), *lines[place + 1 :]])
    if not faults_of(spoilt):
        read = parse(spoilt, file="x.toml")
        assert parse(print_(read), file="y.toml") == read


# -- lines ----------------------------------------------------------------------------------------------------

KEYS = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True) | WORDS.filter(
    lambda word: "\n" not in word and "\r" not in word
)
GAPS = st.sampled_from(["", " ", "\n", "\n\n", ' # note ] } = "\n', "\t\n# [x]\n"])


class Writer:
    """Writes TOML in a wilful layout and keeps the line of all that it writes."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Path, int] = {}

    def here(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def key(self, key: str) -> str:
        bare = key.isascii() and all(letter.isalnum() or letter in "_-" for letter in key)
        if bare and self.draw(st.booleans()):
            return key
        escaped = "".join(
            f"\\U{ord(letter):08x}" if not letter.isprintable() or letter in '"\\' else letter
            for letter in key
        )
        return f'"{escaped}"'

    def value(self, path: Path, depth: int = 2) -> None:
        kind = self.draw(st.sampled_from(["word", "plain", "list", "table"] if depth else ["word", "plain"]))
        if kind == "word":
            self.text += self.draw(
                st.sampled_from(
                    ['"a#b"', "'c]'", '"""\nd\n} """', "'''e\n'f'''", '"\\""', '""', '"""g\\""""']
                )
            )
        elif kind == "plain":
            self.text += self.draw(
                st.sampled_from(["1", "true", "2026-04-01", "-1.5e3", "2026-04-01 09:00:00"])
            )
        elif kind == "list":
            self.list_(path, depth)
        else:
            self.table(path, depth)

    def list_(self, path: Path, depth: int) -> None:
        self.text += "["
        for number in range(self.draw(st.integers(0, 3))):
            self.text += ("," if number else "") + self.draw(GAPS)
            self.here((*path, number))
            self.value((*path, number), depth - 1)
            self.text += self.draw(GAPS)
        self.text += "]"

    def table(self, path: Path, depth: int) -> None:
        self.text += "{ "
        for number, key in enumerate(self.draw(st.lists(KEYS, unique=True, max_size=3))):
            self.text += ", " if number else ""
            self.here((*path, key))
            self.text += f"{self.key(key)} = "
            self.value((*path, key), depth - 1)
        self.text += " }"

    def body(self, path: Path) -> None:
        for key in self.draw(st.lists(KEYS, unique=True, max_size=3)):
            self.text += self.draw(st.sampled_from(["", "\n", "# = [note]\n"]))
            self.here((*path, key))
            self.text += f"{self.key(key)} = "
            self.value((*path, key))
            self.text += self.draw(st.sampled_from(["\n", "  # said\n"]))

    def document(self) -> None:
        self.body(("",)[:0])
        for number in range(self.draw(st.integers(0, 3))):
            self.here(("entry", number))
            self.text += "[[entry]]\n"
            self.body(("entry", number))
            self.here(("entry", number, "sub table"))
            self.text += '[ entry . "sub table" ]\n'
            self.body(("entry", number, "sub table"))


@st.composite
def written(draw: st.DrawFn) -> Writer:
    writer = Writer(draw)
    writer.document()
    return writer


def paths(value: Any, path: Path = ()) -> list[Path]:  # noqa: ANN401 - whatever TOML holds
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inside for found in paths(one, (*path, key)))]


@given(written())
def test_every_value_is_found_on_its_line(writer: Writer) -> None:
    try:
        document = tomllib.loads(writer.text)
    except tomllib.TOMLDecodeError:
        event("no TOML")
        return  # two keys that differ only in how they are written, or a line that TOML does not break there
    event(f"TOML with {'more' if len(writer.lines) > 5 else 'few'} values")
    lines = Lines(writer.text)
    for path in paths(document):
        if path in writer.lines:
            assert lines.of(path) == writer.lines[path], (path, writer.text)
