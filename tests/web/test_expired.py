"""A protocol past its dates decides nothing; and what was accepted before stays accepted."""

import re
import time
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from hub import clock
from hub.store import registry
from protocols.parse import parse
from protocols.shipped import sources
from tests.web.served import Served, current


def test_a_protocol_that_ran_out_refuses_and_a_retry_is_answered_as_before(hub: Served) -> None:
    key, body = str(uuid4()), {"message": current()}
    first = hub.send(body, key=key)
    assert first.status_code == 202
    _expire_sandwell(hub)
    deadline = time.monotonic() + 15
    while (refused := hub.send(body)).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert refused.status_code == 422
    told = refused.json()
    assert "sandwell" in told["errors"][0]["says"]
    assert "telephone" in told["errors"][0]["says"]
    again = hub.send(body, key=key)
    assert (again.status_code, again.json()) == (202, first.json())
    other = hub.send({"message": {**current(), "urgency": "routine"}}, key=key)
    assert other.status_code == 422, "another body under that key is refused for what is wrong with it"


def _expire_sandwell(hub: Served) -> None:
    now = clock.now()
    yesterday = now.date() - timedelta(days=1)
    (file, source) = next(one for one in sources() if "sandwell" in one[0])
    ended = re.sub(r"(?m)^review_by = .*$", f"review_by = {yesterday}", source)
    with hub.engine.begin() as conn:
        conn.execute(text("DELETE FROM protocol WHERE id = 'sandwell'"))
        registry.save_protocol(conn, ended, parse(ended, file=file), at=now)
