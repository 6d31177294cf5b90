"""`checkback demo` from end to end, as a person runs it: at a hub that runs, at its own, and where it must stop."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub import clock
from hub.cli import trial
from hub.cli.demo import command, words
from hub.cli.demo.place import Place, free_port
from hub.cli.demo.tell import Narrator
from protocols.messages.examples import brought_to
from protocols.vocabulary import Section, Withheld
from tests.demo.conftest import ROOT, Checkback, environment_of, processes_that_name
from tests.examples import example

pytestmark = pytest.mark.xdist_group("demo")

# What must be told, in this order.
TOLD = (
    "Before anything is sent",
    "Birmingham 0-19 Service; telephone first; takes the responsibility, once a named person accepts",
    "(sandwell 2026.1, move-out-to-neighbour)",
    "(birmingham 2026.2, new-baby-who-moves-in)",
    "Moseley Example Health Centre",
    "but not     an address, where it is restricted; who raised a concern; numbers and dates of birth",
    "It is sent",
    "The responsibility is held by Sandwell 0-19 Service.",
    "camden-0-19          GET  /v1/shares/",
    "404 ",
    "Each opens its own copy",
    "adults      Says that he is on a community order",
    "it lacks    what is known of the adults; the children's voice; the opinion on them;",
    "Birmingham checks back",
    "Hannah Lisle, health visitor, checks back under BHV-2207",
    "The sender challenges one point",
    "/challenge",
    "/answer",
    "/agree",
    "The responsibility changes hands",
    "The responsibility is held by Sandwell 0-19 Service.",
    "/accept",
    "The responsibility is held by Birmingham 0-19 Service, by name Hannah Lisle, health visitor.",
    "The GP practice declines, and the sender redirects",
    "birmingham-gp-1      POST /v1/shares/",
    "sandwell-0-19        POST /v1/shares/",
    "Ladywood Example Surgery has a copy of its own",
    "Dean Hale, probation practitioner, checks back",
    "Carol Nwosu, GP and safeguarding lead, checks back",
    "Moseley Example Health Centre: redirected",
    "Ladywood Example Surgery: closed",
    "The message is closed.",
    "The audit",
    "message.accept     · → accepted ",
    "share.challenge    checked_back → challenged ",
    "share.accept       agreed → agreed ",
    "share.decline      received → declined ",
    "share.redirect     declined → redirected ",
    "message.close      routed → closed ",
    "✓ The story is told: ",
)


# Whoever runs the tests may have told them not to hear Ctrl-C, as a shell does with what it starts behind its back.
INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " sys.argv[1:] = ['demo']; from hub.cli.app import run; run()"
)


def assert_told(said: str, told: tuple[str, ...] = TOLD) -> None:
    said, at = _unwrapped(said), 0
    for line in map(_unwrapped, told):
        found = said.find(line, at)
        assert found >= 0, f"{line!r} is not told, or not in its place, after: {said[max(0, at - 200) : at]}"
        at = found + len(line)


def _unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_it_is_told_twice_at_a_hub_that_runs_and_leaves_other_post_alone(
    place: Place, checkback: Checkback
) -> None:
    agencies = trial.load(place.home)
    with (
        agencies["sandwell-0-19"].client(place.url) as sender,
        agencies["birmingham-0-19"].client(place.url) as taker,
    ):
        message = brought_to(example("handover-sandwell-to-birmingham"), clock.now().date())
        other = sender.send(message).id
        waited = taker.inbox(wait=20).shares
        runs = [checkback("demo", home=place.home) for _ in range(2)]
        assert waited[0] in taker.inbox().shares, "a story marked as received what is not of it"
        assert waited[0].message == other
    told = []
    for run in runs:
        assert run.returncode == 0, run.stdout
        assert "\x1b" not in run.stdout, "plain, where nobody looks"
        assert_told(run.stdout)
        told.append(re.findall(r"`checkback audit\s+([0-9a-f-]{36})`", run.stdout)[0])
        audit = checkback("audit", told[-1], home=place.home)
        # Soon afterwards the hub's own copy is destroyed.
        audited = re.sub(r".*message\.shred.*\n", "", audit.stdout)
        assert audited in run.stdout, "what it prints is what `checkback audit` prints"
    assert told[0] != told[1]


def test_it_has_a_hub_of_its_own_where_none_runs_and_takes_it_away_again(
    short_tmp: Path, tmp_path: Path, checkback: Checkback
) -> None:
    temporary = short_tmp / "own"
    temporary.mkdir()
    run = checkback("demo", "moved", "--fast", home=tmp_path, more={"TMPDIR": str(temporary)})
    assert run.returncode == 0, run.stdout
    assert "No hub runs here" in run.stdout
    assert_told(run.stdout)
    assert list(temporary.iterdir()) == []
    assert processes_that_name(temporary) == []
    assert list(tmp_path.iterdir()) == [], "nothing is made where the settings point"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_while_its_hub_starts_it_leaves_nothing_behind(
    how: signal.Signals, short_tmp: Path, tmp_path: Path
) -> None:
    temporary = short_tmp / how.name
    temporary.mkdir()
    story = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        cwd=ROOT,
        env={**environment_of(tmp_path), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not any(temporary.glob("*/postgres/postmaster.pid")):
        assert story.poll() is None
        time.sleep(0.05)
    story.send_signal(how)
    assert story.wait(60) == 128 + how
    assert list(temporary.iterdir()) == []
    assert processes_that_name(temporary) == []


def test_a_step_that_fails_ends_it_with_a_sentence(
    place: Place, tmp_path: Path, checkback: Checkback
) -> None:
    """One agency's credential is spoilt: all goes well until it acts."""
    kept = json.loads((trial.directory_of(place.home) / trial.FILE).read_text())
    token: str = kept["agencies"]["birmingham-probation"]["token"]
    kept["agencies"]["birmingham-probation"]["token"] = token[:-4] + (
        "AAAA" if token[-4:] != "AAAA" else "BBBB"
    )
    trial.directory_of(tmp_path).mkdir()
    (trial.directory_of(tmp_path) / trial.FILE).write_text(json.dumps(kept))
    run = checkback("demo", "--fast", "--url", place.url, home=tmp_path)
    assert run.returncode == 1
    assert 'the story stopped at "The others check back, and are agreed with": 401 ' in run.stdout
    assert "Next: " in run.stdout
    assert "Traceback" not in run.stdout


def test_a_hub_that_does_not_answer_ends_it_with_a_sentence(place: Place, checkback: Checkback) -> None:
    run = checkback("demo", "--url", f"http://127.0.0.1:{free_port()}", home=place.home)
    assert run.returncode == 1
    assert 'the story stopped at "Before anything is sent' in run.stdout
    assert "no answer from the hub" in run.stdout


def test_a_hub_without_agencies_to_act_with_is_told_so(tmp_path: Path, checkback: Checkback) -> None:
    run = checkback("demo", "--url", "http://127.0.0.1:9", home=tmp_path)
    assert run.returncode == 1
    assert "no agencies to act with" in run.stdout
    assert "Next: " in run.stdout


def test_a_story_that_is_not_there_names_those_that_are(tmp_path: Path, checkback: Checkback) -> None:
    run = checkback("demo", "of-nobody", home=tmp_path)
    assert run.returncode == 1
    assert "there is no story of-nobody" in run.stdout
    assert "moved" in run.stdout


def test_asking_again_and_again_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell = Narrator(fast=True)
    for _ in range(3):
        tell.call("camden-0-19", "GET", "/v1/inbox")
    tell.says("Something came.")
    tell.call("camden-0-19", "GET", "/v1/inbox")
    for _ in range(2):
        tell.call("camden-0-19", "POST", "/v1/inbox/received")
    assert tell.calls == 4
    assert capsys.readouterr().out.count("GET  /v1/inbox") == 2


# Of every other story: what must be told, in this order.
STORIES: dict[str, tuple[str, ...]] = {
    "bruise": (
        "He rings, and then he writes",
        "Sandwell Multi-Agency Safeguarding Hub; telephone first",
        "owes receipt within 1 hour, check-back within 4 hours",
        "Each opens its own copy",
        "A baby who cannot move does not bruise herself.",
        "They say what they understood",
        "One point was not understood",
        "/challenge",
        "/answer",
        "The review is held, and it is closed",
        "Sandwell Multi-Agency Safeguarding Hub: closed",
        "message.close      routed → closed ",
        "✓ The story is told: ",
    ),
    "unborn": (
        "Before the birth the network hears, and the father is spoken of",
        "Probation Service, Sandwell and Walsall delivery unit opens its copy",
        "The assessment is owed by a day, and is met by name",
        "/met",
        "The baby is born, and is the baby who was expected",
        "The practice registers her, and says who else lives there",
        "One child, one thread",
        "unborn, by ",
        "birth, by ",
        "The notice is closed: the baby is here, and is held",
        "✓ The story is told: ",
    ),
    "not-brought": (
        "A hearing test is missed, and a small thing is told",
        "each sees one gap, and together they see a pattern.",
        "The practice has seen another",
        "nobody has seen a pattern.",
        "A scan is missed, and it is the third",
        "/v1/owed",
        "Sandwell 0-19 Service owes it, and nobody else is told: the others know too little",
        "counted     3 messages, of two services, about two children of one home",
        "They look at it together",
        "/met",
        "The last is closed",
        "✓ The story is told: ",
    ),
    "probation": (
        "Before a court decides, probation asks whether there are children",
        "owes an answer by ",
        "A man on an order keeps away, and a baby lives with him",
        "Sandwell Multi-Agency Safeguarding Hub opens its copy",
        "Another service says that it is involved",
        "Who is round the child, as each may know it",
        "Sandwell 0-19 Service sees round him",
        "substance misuse",
        "Cape Hill Example Surgery sees round him",
        "services    probation",
        "They say what they understood",
        "It is closed",
        "✓ The story is told: ",
    ),
    "disagreement": (
        "The school tells",
        "The MASH has understood, and decides otherwise",
        "First between those who know the children",
        "/challenge",
        "Then between those who lead them",
        "owes an answer within 5 working days, as the protocol says of this stage.",
        "It cannot wait, and goes further at once",
        "/escalate",
        "It is decided, and the dissent stands beside it",
        "/conclude",
        "stays       Margaret Hale: this should have been a child protection enquiry",
        "Both views stay",
        "independent chair",
        "ended       decision stands",
        "It is closed",
        "✓ The story is told: ",
    ),
    "plan": (
        "A question first, and an answer the same day",
        "Who lives there",
        "Something that is told to nobody",
        "nobody hears",
        "A plan begins, and its core group hears",
        "Reports are asked for, and one comes",
        "the report that was asked for is there",
        "Another may read it, for a purpose and until a day",
        "/read",
        "What was learned goes to everybody",
        "The plan's message is closed",
        "✓ The story is told: ",
    ),
}


@pytest.mark.parametrize("story", sorted(set(command.STORIES) - {"moved"}))
def test_each_story_is_told_to_its_end(story: str, place: Place, checkback: Checkback) -> None:
    run = checkback("demo", story, "--fast", home=place.home)
    assert run.returncode == 0, run.stdout
    assert_told(run.stdout, STORIES[story])


def test_a_story_has_a_word_for_every_section() -> None:
    assert set(words.IN_WORDS) == set(Section)
    assert set(words.WITHHELD_IN_WORDS) == set(Withheld)
