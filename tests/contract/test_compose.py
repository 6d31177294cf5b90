"""docker-compose.yml obeys the compose specification, gives each part only its own secrets, and its commands start.

No engine runs here. So the file is held against the specification's schema, and each command of the hub's own parts
is started by hand, with the secrets that the file gives it and no others, on a real database and Redis.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from hub import keyfiles
from hub.settings import WebSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
OURS = ("migrate", "web", "pump", "worker", "scheduler")
LONG = ("web", "pump", "worker", "scheduler")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return made


def secrets_of(service: dict[str, Any]) -> dict[str, str]:
    """Name of the file inside the container, by the secret that fills it."""
    return {
        one if isinstance(one, str) else one["source"]: one if isinstance(one, str) else one["target"]
        for one in service.get("secrets", [])
    }


def test_it_obeys_the_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(compose)


def test_every_part_is_there_and_locked_down(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", "redis", *OURS}
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        user = str(service["user"]).partition(":-")[2] or str(service["user"])
        assert not user.startswith(("0", "root")), name
        assert "privileged" not in service, name
        assert "healthcheck" in service or service["restart"] == "no", name


def test_what_is_used_is_declared(compose: dict[str, Any]) -> None:
    declared = set(compose["secrets"])
    used = {name for service in compose["services"].values() for name in secrets_of(service)}
    assert used == declared
    assert {net for one in compose["services"].values() for net in one["networks"]} == set(
        compose["networks"]
    )
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])


URLS = {"checkback_database_url", "checkback_redis_url"}
HOLDS = {
    "postgres": {"postgres_password"},
    "redis": {"redis_password"},
    "migrate": {"checkback_database_url", "share_sign", "note_sign"},
    "web": URLS | {"records", "hub_seal_public", "note_sign"},
    "pump": URLS,
    "worker": URLS | {"records", "hub_seal_private", "share_sign", "pseudonyms"},
    "scheduler": URLS,
}


def test_each_part_holds_its_own_secrets_and_no_others(compose: dict[str, Any]) -> None:
    given = {name: set(secrets_of(service)) for name, service in compose["services"].items()}
    assert given == HOLDS


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.findall(r"(?i)password\s*[:=]\s*[\"']?[a-z0-9]{6,}", text)
    for secret in compose["secrets"].values():
        assert set(secret) == {"file"}


def test_the_image_holds_what_the_commands_need() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for package in ("protocols", "agencies", "hub", "workers"):
        assert f"COPY {package} {package}" in dockerfile
        assert f"!{package}" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
    assert "USER 10001:10001" in dockerfile


# -- each command, started by hand --------------------------------------------------------------------------


@pytest.fixture
def secrets(tmp_path: Path, database: str, redis_url: str) -> dict[str, bytes]:
    """What `make secrets` makes, with the addresses of this test's servers."""
    web, workers = WebSettings(keys=tmp_path / "made"), WorkerSettings(keys=tmp_path / "made")
    keyfiles.make_missing(web, workers)
    return {
        "checkback_database_url": database.encode(),
        "checkback_redis_url": redis_url.encode(),
        "records": web.records_key_file.read_bytes(),
        "hub_seal_public": web.hub_public_key_file.read_bytes(),
        "hub_seal_private": workers.hub_private_key_file.read_bytes(),
        "share_sign": workers.share_signing_key_file.read_bytes(),
        "pseudonyms": workers.pseudonym_key_file.read_bytes(),
        "note_sign": web.note_signing_key_file.read_bytes(),
    }


def started(
    name: str, compose: dict[str, Any], secrets: dict[str, bytes], where: Path, port: int
) -> subprocess.Popen[bytes]:
    """The service's own command, in a directory that holds the secrets it is given."""
    service = compose["services"][name]
    mounted = where / name
    mounted.mkdir()
    for source, target in secrets_of(service).items():
        (mounted / target).write_bytes(secrets[source])
    entrypoint = service.get("entrypoint", ["python", "-m", "hub.cli"])
    clean = {
        key: value for key, value in os.environ.items() if "CHECKBACK" not in key and not key.endswith("_URL")
    }
    env = clean | {
        "CHECKBACK_SECRETS_DIR": str(mounted),
        "CHECKBACK_KEYS": str(mounted),
        "CHECKBACK_HOME": str(where),
        "CHECKBACK_PORT": str(port),
        "CHECKBACK_LOG_FORMAT": "json",
    }
    with (where / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, *entrypoint[1:], *service["command"]], env=env, cwd=ROOT, stdout=log, stderr=log
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_up(name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    """The web process answers; the others say that they started, and are still there a moment later."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if name == "web" and answers(port):
            return True
        if name != "web" and '"started"' in log.read_text():
            time.sleep(2)
            return process.poll() is None
        time.sleep(0.1)
    return False


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1):
            return True
    except OSError:
        return False


def test_migrate_publishes_the_keys_and_ends_well(
    compose: dict[str, Any], secrets: dict[str, bytes], tmp_path: Path
) -> None:
    process = started("migrate", compose, secrets, tmp_path, 0)
    assert process.wait(60) == 0, (tmp_path / "migrate.log").read_text()
    assert "is published to agencies" in (tmp_path / "migrate.log").read_text()


@pytest.mark.parametrize("name", LONG)
def test_each_part_starts_with_its_own_secrets_and_stops_when_told(
    name: str, compose: dict[str, Any], secrets: dict[str, bytes], tmp_path: Path
) -> None:
    port = free_port()
    process = started(name, compose, secrets, tmp_path, port)
    try:
        log = tmp_path / f"{name}.log"
        assert is_up(name, process, port, log), log.read_text()
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)
        # uvicorn, once it has stopped in order, ends by the signal that it was sent
        assert ended == 0 or (name == "web" and ended == -signal.SIGTERM), (
            tmp_path / f"{name}.log"
        ).read_text()
    finally:
        process.kill()
        process.wait()


def test_the_parts_know_when_they_are_not_well(
    compose: dict[str, Any], secrets: dict[str, bytes], tmp_path: Path
) -> None:
    """The health check of the line's parts: well on its own database, not well without one."""
    check = compose["services"]["worker"]["healthcheck"]["test"][4:]
    well = {**compose["services"]["worker"], "entrypoint": None, "command": check}
    del well["entrypoint"]
    for url, status in ((secrets["checkback_database_url"], 0), (b"postgresql://nobody@127.0.0.1:1/none", 1)):
        given = secrets | {"checkback_database_url": url}
        where = tmp_path / str(status)
        where.mkdir()
        process = started("worker", {"services": {"worker": well}}, given, where, 0)
        assert process.wait(60) == status, (where / "worker.log").read_text()
