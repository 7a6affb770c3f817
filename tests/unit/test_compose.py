"""docker-compose.yml, as far as it can be checked without an engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]


def test_it_follows_the_compose_specification() -> None:
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_waits_for_exists_and_can_be_waited_for(name: str) -> None:
    for target, terms in SERVICES[name].get("depends_on", {}).items():
        assert target in SERVICES
        if terms["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[target]
        else:
            assert terms["condition"] == "service_completed_successfully"
            assert SERVICES[target]["restart"] == "no"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_that_stays_up_says_whether_it_is_healthy(name: str) -> None:
    assert SERVICES[name]["restart"] == "no" or "healthcheck" in SERVICES[name]


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_secret_has_a_value_or_a_default() -> None:
    text = FILE.read_text()
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)([^}]*)\}", text)
    assert secrets
    assert [name for name, rest in secrets if not rest.startswith(":?")] == []


def test_the_example_names_every_variable_without_a_default() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))
    named = set(re.findall(r"^(\w+)=", (ROOT / "docker" / ".env.example").read_text(), re.MULTILINE))
    assert wanted <= named


def test_images_are_pinned_and_files_that_are_mounted_exist() -> None:
    for service in SERVICES.values():
        assert ":" in service["image"]
        assert not service["image"].endswith(":latest")
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).exists()


def test_modules_that_commands_start_exist() -> None:
    import importlib.util

    modules = re.findall(r"from ([\w.]+) import", FILE.read_text())
    assert "sandbox.server" in modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
