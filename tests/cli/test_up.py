"""`checkback up`, as a person runs it: a whole hub of real processes, used, killed, started again and stopped."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli.app import run
from hub.cli.embedded import command_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
HANDOVER = EXAMPLES / "handover-sandwell-to-birmingham.json"
PATIENCE = 90.0

pytestmark = pytest.mark.xdist_group("up")  # one hub, whose life these tests follow in order


@dataclass
class Hub:
    """A hub in a directory of its own."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CHECKBACK")}
        for name in ("DATABASE_URL", "REDIS_URL"):
            clean.pop(name, None)
        return clean | {
            "CHECKBACK_HOME": str(self.home),
            "CHECKBACK_PORT": str(self.port),
            "CHECKBACK_SECRETS_DIR": str(self.home / "none"),
            "CHECKBACK_LEASE_SECONDS": "3",  # what a killed worker held is taken over that soon
        }

    @property
    def said(self) -> str:
        return (self.home / "up.txt").read_text()

    def up(self) -> None:
        with (self.home / "up.txt").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "up"], env=self.env, cwd=ROOT, stdout=log, stderr=log
            )
        wait_for(lambda: "Ctrl-C stops it" in self.said or self.process.poll() is not None)  # type: ignore[union-attr]
        assert self.process.poll() is None, self.said

    def run(self, *arguments: object, status: int = 0) -> str:
        """Another command, in this process: starting Python for each would take most of the time."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            for name in {*os.environ, *self.env}:
                patch.delenv(name, raising=False)
            for name, value in self.env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                run([str(one) for one in arguments])
        assert (ended.value.code or 0) == status, said.getvalue()
        return said.getvalue()

    def processes(self) -> list[int]:
        """Every process of this hub: the supervisor, the servers, the parts."""
        marks = [int(mark.read_text().splitlines()[0]) for mark in (self.home / "run").glob("*.pid")]
        postgres = (self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        valkey = [
            int(entry.name)
            for entry in Path("/proc").glob("[0-9]*")
            if f"unixsocket:{self.home}" in command_of(int(entry.name))
        ]
        assert self.process is not None
        return [self.process.pid, int(postgres), *valkey, *marks]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with tempfile.TemporaryDirectory(prefix="cb-") as path:
        made = Hub(Path(path), free_port())
        made.up()
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop()


def send(hub: Hub) -> str:
    said = hub.run("send", HANDOVER, "--as", "sandwell-0-19")
    return said.split("accepted as ")[1].split()[0]


def is_well(hub: Hub) -> bool:
    with suppress(AssertionError):
        return "All is well." in hub.run("doctor")
    return False


def inbox(hub: Hub, agency: str) -> list[str]:
    """The ids of the shares that wait."""
    lines = hub.run("inbox", "--as", agency).splitlines()[1:]
    return [line.split()[0] for line in lines if line.strip() and line[0].isdigit()]


def test_it_says_what_to_do_next_and_that_is_true(hub: Hub) -> None:
    assert f"listens at http://127.0.0.1:{hub.port}" in hub.said
    token_file = hub.home / "demo" / "sandwell-0-19.token"
    assert str(token_file) in hub.said
    assert token_file.stat().st_mode & 0o077 == 0
    assert "All is well." in hub.run("doctor")


def test_a_preview_says_who_would_hear_and_sends_nothing(hub: Hub) -> None:
    said = hub.run("send", HANDOVER, "--as", "sandwell-0-19", "--preview")
    assert "✓ birmingham-0-19 hears" in said
    assert "because" in said
    assert "move-out" in said
    assert "Nothing yet" in hub.run("audit")


def test_what_is_withheld_is_said_with_its_reason(hub: Hub) -> None:
    withheld = ("--withhold", "gp_practice=the family asked us to wait for a week")
    said = hub.run("send", HANDOVER, "--as", "sandwell-0-19", "--preview", *withheld)
    assert "you withhold it" in said
    assert "gives no reason" in hub.run(
        "send", HANDOVER, "--as", "sandwell-0-19", "--withhold", "school", status=1
    )


def test_a_message_goes_from_one_agency_to_another(hub: Hub) -> None:
    message = send(hub)
    wait_for(lambda: inbox(hub, "birmingham-0-19"))
    assert "sent" in hub.run("show", message, "--as", "sandwell-0-19")
    (share,) = inbox(hub, "birmingham-0-19")
    assert "1 received" in hub.run("inbox", "--as", "birmingham-0-19", "--receive")
    said = hub.run("show", share, "--as", "birmingham-0-19", "--open")
    child = json.loads(HANDOVER.read_text())["children"][0]["name"]
    assert child in said, "its own agency opens it"
    assert "received" in said
    assert "share.receive" in hub.run("audit", message)
    lines = [json.loads(line) for line in hub.run("audit", message, "--json").splitlines()]
    assert {line["message_id"] for line in lines} == {message}
    assert child not in json.dumps(lines)
    hub.run("show", share, "--as", "camden-mash", status=1)


def test_who_one_is_must_be_said(hub: Hub) -> None:
    assert "which agency you are" in hub.run("inbox", status=1)
    assert "no agency nobody" in hub.run("inbox", "--as", "nobody", status=1)
    token = hub.home / "demo" / "camden-mash.token"
    url = f"http://127.0.0.1:{hub.port}"
    assert "Nothing waits" in hub.run("inbox", "--url", url, "--token-file", token)


def test_whoever_sends_is_told_at_once_who_does_not_hear(hub: Hub) -> None:
    withheld = ("--withhold", "probation=Not before the conference.")
    said = hub.run("send", HANDOVER, "--as", "sandwell-0-19", *withheld)
    assert "✗ birmingham-probation is not told: you withhold it" in said
    bulletin = hub.home / "bulletin.json"
    bulletin.write_text(hub.run("example", "learning-from-a-review"), encoding="utf-8")
    nobody = hub.run("send", bulletin, "--as", "sandwell-0-19")
    assert "✗ nobody hears of it yet: telephone whom it concerns now" in nobody


def test_a_second_one_in_the_same_place_is_refused(hub: Hub) -> None:
    assert hub.process is not None
    assert f"process {hub.process.pid}" in hub.run("up", status=1)


def test_a_port_that_is_taken_is_said(hub: Hub, tmp_path: Path) -> None:
    other = Hub(tmp_path, hub.port)
    assert "CHECKBACK_PORT" in other.run("up", status=1)


def test_a_part_that_is_killed_comes_back(hub: Hub) -> None:
    mark = hub.home / "run" / "web.pid"
    first = mark.read_text()
    os.kill(int(first.splitlines()[0]), signal.SIGKILL)
    wait_for(lambda: mark.read_text() != first)
    wait_for(lambda: is_well(hub))
    assert "web ended (SIGKILL)" in hub.said


def test_kill_9_of_the_whole_tree_loses_nothing(hub: Hub) -> None:
    message = send(hub)
    for pid in hub.processes():
        os.kill(pid, signal.SIGKILL)
    assert hub.process is not None
    hub.process.wait()
    hub.up()
    wait_for(lambda: is_well(hub))
    wait_for(lambda: inbox(hub, "birmingham-0-19"))
    assert "accepted" in hub.run("show", message, "--as", "sandwell-0-19")
    assert "made keys" not in hub.said, "everything was still there"


def test_the_supervisor_alone_killed_leaves_orphans_that_the_next_one_ends(hub: Hub) -> None:
    assert hub.process is not None
    before = set(hub.processes()) - {hub.process.pid}
    hub.process.kill()
    hub.process.wait()
    hub.up()
    assert "left over from a hub that was killed" in hub.said
    wait_for(lambda: not any(command_of(pid) for pid in before))


def test_ctrl_c_stops_all_of_it(hub: Hub) -> None:
    pids = hub.processes()
    assert hub.stop() == 0
    assert "stopped; everything is kept" in hub.said
    wait_for(lambda: not any(command_of(pid) for pid in pids))
    assert not list((hub.home / "run").glob("*.pid"))
    assert "does not answer" in hub.run("audit", status=1)
