"""The list of docs/examples says of each who sends it: a message itself does not."""

import re

from tests.examples import FOLDER
from tests.unit.test_library import SENT


def test_the_list_of_examples_says_who_sends_each() -> None:
    table = re.findall(
        r"^\| `([a-z0-9-]+)` \| \w+ \| `([a-z0-9-]+)` \|",
        (FOLDER / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert dict(table) == {name: sender for name, (sender, _) in SENT.items()}
