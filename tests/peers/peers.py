"""Programs that this project did not write, each in a virtual environment of its own, reading the sandbox."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cx_etl.settings import ROOT

HOME = ROOT / "var" / "peers"
SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class Installed:
    """What goes into one environment, pinned, one after the other; and what it must be able to import then."""

    pins: tuple[str, ...]
    imports: str


# None of it is in the lock.
ENVIRONMENTS = {
    # With later CDKs its check of the plan fails on its own code, and it leaves ticket_forms out.
    "airbyte_zendesk": Installed(
        ("airbyte-source-zendesk-support==4.9.1", "airbyte-cdk==6.48.16"), "source_zendesk_support"
    ),
    "airbyte_woocommerce": Installed(
        ("airbyte-source-woocommerce==0.4.12", "airbyte-cdk==4.6.2"), "source_woocommerce"
    ),
    "airbyte_analytics": Installed(
        ("airbyte-source-google-analytics-data-api==2.8.2", "airbyte-cdk==6.61.6"), "source_google_analytics_data_api"
    ),
    "airbyte_surveymonkey": Installed(
        ("airbyte-source-surveymonkey==0.3.48", "airbyte-cdk==2.4.0"), "source_surveymonkey"
    ),
    # Their own pins of the CDK (before 1.0) do not import on Python 3.11.
    "airbyte_freshdesk": Installed(("airbyte-source-freshdesk==3.1.3", "airbyte-cdk==4.6.2"), "source_freshdesk"),
    "airbyte_typeform": Installed(("airbyte-source-typeform==1.3.27", "airbyte-cdk==4.6.2"), "source_typeform"),
    "clients": Installed(
        ("google-analytics-data==0.23.3", "WooCommerce==3.0.0", "qualtrics==0.4.2"),
        "google.analytics.data_v1beta, woocommerce, qualtrics",
    ),
}
Record = dict[str, Any]


class CannotInstall(Exception):
    """The peer does not install here (another Python, another index): a reason to skip, not a failure."""


def environment(name: str) -> Path:
    """The peer's Python, its environment made once. Raises CannotInstall with the installer's own words."""
    python, wanted = HOME / name / "bin" / "python", ENVIRONMENTS[name]
    made = HOME / name / "installed.txt"
    if made.exists() and made.read_text() == str(wanted):
        return python
    uv = Path(sys.executable).with_name("uv")
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, HOME / name],
        *([uv, "pip", "install", "--quiet", "--python", python, pin] for pin in wanted.pins),
        [python, "-c", f"import {wanted.imports}"],
    ):
        _install(command)
    made.write_text(str(wanted))
    return python


def _install(command: list[Any]) -> None:
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(str(error)) from error
    if done.returncode:
        raise CannotInstall(done.stderr[-500:])


def run_script(name: str, script: str, *arguments: str) -> Any:
    """What a script beside this file, run in the peer's environment, prints as JSON on its last line."""
    done = _run([environment(name), SCRIPTS / script, *arguments], HOME)
    return json.loads(done.splitlines()[-1])


@dataclass(frozen=True)
class Connector:
    """A published connector whose address is replaced by the sandbox's.

    ``mended`` holds what else of it must change for it to run here, as pairs of old and new text.
    """

    name: str
    package: str
    address: str
    mended: tuple[tuple[str, str], ...] = ()

    def read(self, base_url: str, config: Record, streams: list[str], folder: Path) -> dict[str, list[Record]]:
        """All records of the streams, as the connector emits them."""
        python = environment(self.name)
        self._prepare(python, base_url, folder)
        (folder / "config.json").write_text(json.dumps(config))
        command = [python, "-c", f"from {self.package}.run import run; run()"]
        found = _messages(_run([*command, "discover", "--config", "config.json"], folder), "CATALOG")[0]["catalog"]
        assert set(streams) <= {stream["name"] for stream in found["streams"]}
        (folder / "catalog.json").write_text(json.dumps(_configured(found["streams"], streams)))
        said = _run([*command, "read", "--config", "config.json", "--catalog", "catalog.json"], folder)
        records: dict[str, list[Record]] = {stream: [] for stream in streams}
        for message in _messages(said, "RECORD"):
            records[message["record"]["stream"]].append(message["record"]["data"])
        return records

    def _prepare(self, python: Path, base_url: str, folder: Path) -> None:
        """A copy of the package in the folder, which Python finds first, with the other address in it."""
        installed = next((python.parent.parent / "lib").glob(f"python3.*/site-packages/{self.package}"))
        shutil.copytree(installed, folder / self.package, dirs_exist_ok=True)
        files = [*(folder / self.package).glob("*.yaml"), *(folder / self.package).glob("*.py")]
        for old, new in ((self.address, base_url), *self.mended):
            holding = [file for file in files if old in file.read_text()]
            assert holding, f"{self.package} no longer has {old!r}"
            for file in holding:
                file.write_text(file.read_text().replace(old, new))


def _configured(found: list[Record], streams: list[str]) -> Record:
    return {
        "streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
            for stream in found
            if stream["name"] in streams
        ]
    }


def _messages(text: str, kind: str) -> list[Record]:
    lines = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return [line for line in lines if line.get("type") == kind]


def _run(command: list[Any], folder: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        # A connector says why in its traces; whatever else fails, on its last lines.
        traces = [message["trace"]["error"]["message"] for message in _messages(done.stdout, "TRACE")]
        raise AssertionError("\n".join([*traces, done.stderr[-2000:]]))
    return done.stdout
