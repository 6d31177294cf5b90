"""What may be wrong with a directory: all of it is said at once, with the file, the line and what to do."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agencies.directory import Agency, Directory, DirectoryFaults, Fault

MASH = """
[[agency]]
id = "sandwell-mash"
name = "Sandwell MASH"
role = "mash"
area = "E08000028"
hours = "always"
opens = 2015-04-01

  [[agency.contact]]
  role = "duty_lead"
  phone = "0121 496 0101"
"""
PARTNERSHIP = MASH.replace("sandwell-mash", "sandwell-partnership").replace('"mash"', '"partnership"')
GOOD = MASH + PARTNERSHIP
OPENS = "opens = 2015-04-01\n"


def faults_of(folder: Path, **files: str) -> list[Fault]:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DirectoryFaults) as refusal:
        Directory.read(folder)
    return list(refusal.value.faults)


def one_fault(folder: Path, text: str) -> Fault:
    found = faults_of(folder, one=text)
    assert len(found) == 1, found
    return found[0]


def test_a_good_directory_is_read_from_a_folder_a_file_or_several(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(MASH)
    (tmp_path / "two.toml").write_text(PARTNERSHIP)
    whole = Directory.read(tmp_path)
    assert [row.id for row in whole.rows] == ["sandwell-mash", "sandwell-partnership"]
    assert Directory.read([tmp_path / "two.toml", tmp_path / "one.toml"]).rows == whole.rows
    (tmp_path / "both.toml").write_text(GOOD)
    assert Directory.read(str(tmp_path / "both.toml")).rows == whole.rows


def test_all_faults_of_all_files_come_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    found = faults_of(
        tmp_path,
        a=GOOD.replace("always", "Mon-Fri 9-5").replace('"0121 496 0101"', '"ring Amira"'),
        b=MASH.replace("sandwell-mash", "Sandwell MASH").replace('role = "mash"\n', ""),
        c="[[agency]\n",
    )
    assert [(Path(one.file).name, one.line) for one in found] == [
        ("a.toml", 2),
        ("a.toml", 10),
        ("a.toml", 14),
        ("a.toml", 22),
        ("b.toml", 2),
        ("b.toml", 2),
        ("c.toml", 1),
    ]
    assert "a time is written as 09:00" in found[0].says
    assert found[1].says == (
        "contact 1, phone: a phone number is figures and spaces, with + in front if it is international"
    )
    assert "lower-case letters" in found[4].says
    assert found[5].says == "role: this is missing"


def test_the_whole_refusal_reads_as_a_list(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(GOOD.replace("opens", "opened"))
    with pytest.raises(DirectoryFaults) as refusal:
        Directory.read(tmp_path)
    said = str(refusal.value).splitlines()
    assert said[0] == "the directory has 4 faults; mend them:"
    assert said[1].endswith(
        "one.toml:2: sandwell-mash: opened: there is no such key; look for a slip in its spelling"
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"E08000028"\nhours', '"Sandwell"\nhours', "area: an area is a local authority's GSS code"),
        ('role = "mash"', 'role = "front_door"', "role: input should be 'mash'"),
        ('role = "mash"', 'role = "gp_practice"', 'a GP practice needs its "ods" code'),
        (OPENS, OPENS + "closes = 2014-01-01", '"closes" is the last day'),
        (OPENS, OPENS + 'successor = "sandwell-partnership"', 'needs the day on which this one "closes"'),
        (OPENS, OPENS + 'closes = 2020-01-01\nsuccessor = "sandwell-mash"', "not its own successor"),
        (OPENS, OPENS + 'reach = "webhook"', 'give a "webhook_url" when'),
        (OPENS, OPENS + 'webhook_url = "https://x.example"', 'give a "webhook_url" when'),
        (OPENS, OPENS + 'ods = "y 1"', "ods: an ODS code is"),
        ('hours = "always"', "hours = 9", "hours: write opening hours as"),
        ('phone = "0121 496 0101"', "", 'contact 1: a contact needs a "phone" or an "email"'),
        ('phone = "0121 496 0101"', 'email = "not one"', "contact 1, email: this is not an e-mail address"),
        ('role = "duty_lead"', 'role = "boss"', "contact 1, role: input should be 'duty_lead'"),
        (
            'role = "duty_lead"',
            'role = "duty_lead"\nvalid_from = 2026-01-01\nvalid_to = 2025-01-01',
            'contact 1: "valid_to" is the last day',
        ),
    ],
)
def test_a_fault_in_an_entry_says_what_to_do(tmp_path: Path, old: str, new: str, says: str) -> None:
    fault = one_fault(tmp_path, PARTNERSHIP + MASH.replace(old, new, 1))
    assert says in fault.says
    assert (fault.entry, fault.line) == ("sandwell-mash", 22 if says.startswith("contact") else 14)


@pytest.mark.parametrize(
    "url",
    [
        "http://team.example/hook",
        "ftp://team.example",
        "team.example/hook",
        "https://",
        "https://user:word@team.example",
        "https://team.example/#part",
    ],
)
def test_a_webhook_must_be_safe(tmp_path: Path, url: str) -> None:
    more = f'opens = 2015-04-01\nreach = "webhook"\nwebhook_url = "{url}"'
    fault = one_fault(tmp_path, PARTNERSHIP + MASH.replace("opens = 2015-04-01", more))
    assert fault.says.startswith("webhook_url: a webhook")


@pytest.mark.parametrize(
    "url", ["https://team.example/hook?of=mash", "http://127.0.0.1:9000/", "http://localhost/x"]
)
def test_a_safe_webhook_is_taken(url: str) -> None:
    assert row("a-team", reach="webhook", webhook_url=url).webhook_url == url


# -- files --------------------------------------------------------------------------------------------------


def test_files_that_cannot_be_read_are_faults_like_others(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes("# caf\xe9".encode("latin-1"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DirectoryFaults) as refusal:
        Directory.read([tmp_path / "latin.toml", tmp_path / "none.toml", tmp_path / "empty"])
    assert [fault.says for fault in refusal.value.faults] == [
        "there is no .toml file in this folder",
        "the file is not UTF-8: save it again as UTF-8",
        "the file cannot be read: No such file or directory",
    ]


def test_other_tables_are_not_passed_over(tmp_path: Path) -> None:
    fault = one_fault(tmp_path, GOOD + '\n[[agencies]]\nid = "lost"\n')
    assert (fault.entry, fault.says) == ("agencies", "a directory has [[agency]] entries and nothing else")


def test_single_brackets_are_explained(tmp_path: Path) -> None:
    assert "double brackets" in one_fault(tmp_path, '[agency]\nid = "sandwell-mash"\n').says


def test_an_entry_without_an_id_can_still_be_found(tmp_path: Path) -> None:
    fault = one_fault(tmp_path, PARTNERSHIP + MASH.replace('id = "sandwell-mash"\n', ""))
    assert (fault.entry, fault.line, fault.says) == ("an agency without an id", 14, "id: this is missing")


# -- rows that contradict each other ------------------------------------------------------------------------


def row(agency: str, opens: str = "2015-04-01", closes: str | None = None, **more: Any) -> Agency:  # noqa: ANN401 - a row holds anything
    entry = {"name": "A team", "role": "mash", "area": "E08000028", "hours": "always", **more}
    return Agency.model_validate({"id": agency, "opens": opens, "closes": closes, **entry})


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row("a-team"), row("a-team", "2020-01-01")], "its rows overlap"),
        ([row("a-team", closes="2020-01-01"), row("a-team", "2020-01-01")], "must close before 2020-01-01"),
        ([row("a-team"), row("a-team")], "its rows overlap"),
        (
            [row("a-team", closes="2019-12-31"), row("a-team", "2020-01-01", role="police")],
            "its role changes",
        ),
        (
            [
                row("a-team", closes="2019-12-31", successor="b-team"),
                row("a-team", "2020-01-01"),
                row("b-team"),
            ],
            "only the last row",
        ),
        (
            [row("a-team", closes="2020-01-01", successor="b-team")],
            "its successor b-team is not in the directory",
        ),
        (
            [row("a-team", closes="2020-01-01", successor="b-team"), row("b-team", closes="2020-01-01")],
            "closes no later than itself",
        ),
        (
            [row("a-gp", role="gp_practice", ods="Y90001"), row("b-gp", role="gp_practice", ods="Y90001")],
            "a-gp has the ODS code Y90001 as well",
        ),
        (
            [row("a-gp", role="gp_practice", ods="Y90001"), row("a-gp", role="gp_practice", ods="Y90001")],
            "its rows overlap",
        ),
        (
            [row("a-part", role="partnership"), row("b-part", "2020-01-01", role="partnership")],
            "a-part is the partnership of E08000028 as well",
        ),
    ],
)
def test_rows_must_agree(rows: list[Agency], says: str) -> None:
    with pytest.raises(DirectoryFaults, match="the directory has one fault") as refusal:
        Directory(rows)
    assert says in refusal.value.faults[0].says


def test_successions_in_a_circle_cannot_be_described() -> None:
    rows = [
        row("a-team", closes="2020-01-01", successor="b-team"),
        row("b-team", closes="2021-01-01", successor="c-team"),
        row("c-team", closes="2022-01-01", successor="a-team"),
    ]
    with pytest.raises(DirectoryFaults, match="closes no later than itself"):
        Directory(rows)


def test_two_teams_of_one_trust_may_share_its_ods_code() -> None:
    found = Directory(
        [row("a-hospital", role="hospital", ods="RZ901"), row("b-midwifery", role="midwifery", ods="RZ901")]
    )
    assert len(found.agencies(date(2026, 1, 1))) == 2


def test_a_disagreement_between_two_files_is_found_where_it_stands(tmp_path: Path) -> None:
    found = faults_of(tmp_path, a=GOOD, b="# again\n" + MASH)
    assert [(Path(one.file).name, one.line, one.entry) for one in found] == [("b.toml", 3, "sandwell-mash")]


def test_nothing_is_called_missing_on_account_of_an_entry_that_has_faults(tmp_path: Path) -> None:
    closed = MASH.replace(OPENS, OPENS + 'closes = 2020-01-01\nsuccessor = "sandwell-partnership"\n')
    assert (
        one_fault(tmp_path, closed + PARTNERSHIP.replace("always", "never")).entry == "sandwell-partnership"
    )


# -- what must not be left out ------------------------------------------------------------------------------


def test_an_open_agency_needs_somebody_to_reach(tmp_path: Path) -> None:
    fault = one_fault(tmp_path, PARTNERSHIP + MASH.split("  [[agency.contact]]", maxsplit=1)[0])
    assert fault.says == "nobody can be reached: add at least one [[agency.contact]]"


def test_an_area_needs_a_partnership(tmp_path: Path) -> None:
    assert "has no agency of the role partnership" in one_fault(tmp_path, MASH).says
