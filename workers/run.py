"""Run a process of the line, `python -m workers.run pump|worker|scheduler`; or walk the whole line, `drain`.

    pump        hands out what is due in the outbox, as jobs that carry numbers of rows
    worker      works the jobs: route, seal, deliver, push
    scheduler   keeps house

Any number of each may run, on any number of machines. SIGTERM or Ctrl-C: finish what is in hand, take no more.
"""

import argparse
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import structlog

from hub import logs
from hub.errors import CheckbackError, NotReady
from hub.settings import WorkerSettings
from hub.store import connect, outbox
from hub.store.outbox import Leased
from workers import jobs
from workers.housekeep import Housekeeper
from workers.line import Line, house_of
from workers.pump import Pump
from workers.retry import reconnect_after
from workers.tell import tell, tell_for_ever
from workers.telling import told
from workers.worker import Worker, client

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Walked:
    """How many rows of each step were done."""

    routed: int = 0
    sealed: int = 0
    delivered: int = 0
    pushed: int = 0


def drain(line: Line) -> Walked:
    """Walk the whole line in this process, without Redis, until nothing in the outbox is due."""
    done: Counter[str] = Counter()
    while any((due := take(line)).values()):
        for step, leased in due.items():
            done += jobs.walk(line, step, leased)
    Housekeeper(line, known_number=line.known().number).round()
    tell(line)
    return Walked(done["route"], done["seal"], done["deliver"], done["push"])


def take(line: Line) -> dict[str, list[Leased]]:
    """What is due now of each step, as the pump hands it out."""
    with line.engine.begin() as conn:
        return outbox.lease(
            conn, dict.fromkeys(jobs.STEPS, line.batch), now=line.now(), lease_for=line.lease_for
        )


# -- processes ----------------------------------------------------------------------------------------------


def pump(settings: WorkerSettings, stop: threading.Event) -> None:
    engine = connect.engine(settings.database_url, size=1, name="checkback pump")
    Pump(
        engine,
        client(settings.redis_url),
        batch=settings.batch,
        lease_for=timedelta(seconds=settings.lease_seconds),
        sweep=settings.sweep_seconds,
    ).run(connect.plain(settings.database_url), stop)


def worker(settings: WorkerSettings, stop: threading.Event) -> None:
    """Pushes have a thread of their own, and so have notices: an endpoint or a mail server that does not answer must
    not hold up the line.
    """
    line = Line.of(settings)
    jobs.serve(line)
    together(
        [Worker(steps, client(settings.redis_url)).run for steps in (("push",), ("route", "seal", "deliver"))]
        + [lambda stop: tell_for_ever(line, stop)],
        stop,
    )


def together(loops: Sequence[Callable[[threading.Event], None]], stop: threading.Event) -> None:
    """Run each in a thread, until asked to stop. If one ends by itself, all do, and the process with them: it is
    started again whole, where half a worker would go unseen.
    """
    ended = threading.Event()

    def run(loop: Callable[[threading.Event], None]) -> None:
        try:
            loop(stop)
        except Exception as fault:  # noqa: BLE001 - told without its words, which a thread would print
            log.error(  # noqa: TRY400 - an exception shows its words and frames
                "a part of this process failed", **told(fault)
            )
        finally:
            if not stop.is_set():
                ended.set()
                stop.set()

    threads = [threading.Thread(target=run, args=(loop,)) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if ended.is_set():
        raise NotReady("a part of this process ended by itself", next="its log says why; start it again")


def scheduler(settings: WorkerSettings, stop: threading.Event) -> None:
    housekeeper = Housekeeper(house_of(settings, name="checkback scheduler"))
    failures = 0
    while not stop.is_set():
        try:
            housekeeper.round()
            failures = 0
            stop.wait(settings.chase_seconds)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the house is kept again in a moment
            log.warning("housekeeping failed and is tried again", failures=failures, **told(fault))
            stop.wait(reconnect_after(failures))
            failures += 1


PROCESSES: dict[str, Callable[[WorkerSettings, threading.Event], None]] = {
    "pump": pump,
    "worker": worker,
    "scheduler": scheduler,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m workers.run", description="Run one process of Checkback's line."
    )
    parser.add_argument("process", choices=PROCESSES)
    name = parser.parse_args(arguments).process
    settings = WorkerSettings()
    logs.configure(settings, process=name)
    stop = threading.Event()

    def asked_to_stop(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked_to_stop)
    signal.signal(signal.SIGINT, asked_to_stop)
    log.info("started")
    try:
        PROCESSES[name](settings, stop)
    except CheckbackError as fault:
        print(f"{fault.detail}: {fault.next}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
