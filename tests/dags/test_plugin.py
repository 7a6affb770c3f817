"""The plugins folder holds one plugin; the library beside it is not run under its bare file names."""

import json
import subprocess
import sys
from pathlib import Path

_LOAD = """
import json, sys
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
import http
known = sorted(name for name, module in sys.modules.items()
               if "/plugins/cx_etl/" in (getattr(module, "__file__", None) or ""))
print()
print(json.dumps({"plugins": [plugin.name for plugin in plugins], "errors": errors, "http": http.__file__,
                  "known": known}))
"""
_ASK = """
from fastapi.testclient import TestClient
from airflow.api_fastapi.core_api.security import get_user
import cx_airflow
import json, sys
from pathlib import Path
client = TestClient(cx_airflow.app)
stranger = client.get("/snapshots/").status_code
cx_airflow.app.dependency_overrides[get_user] = lambda: "somebody"
paths = ["/snapshots/", "/snapshots/3/a.html", "/snapshots/..%2fsecret.txt", "/snapshots/%2e%2e/secret.txt", "/other/"]
print()
print(json.dumps([stranger] + [client.get(path).status_code for path in paths]))
"""


def run_python(script: str, environment: dict[str, str]) -> str:
    """The output of a script in a process of its own, so that what it imports is what it needs."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_the_loader_runs_the_plugin_and_no_module_of_the_library(airflow_environment: dict[str, str]) -> None:
    found = json.loads(run_python(_LOAD, airflow_environment).splitlines()[-1])
    assert found["errors"] == {}
    assert "cx" in found["plugins"]
    assert "/plugins/" not in found["http"]
    assert [name for name in found["known"] if not name.startswith("cx_etl")] == []


def test_pages_are_for_logged_in_people_and_stay_in_their_folder(
    airflow_environment: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "snapshots" / "3" / "a.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>hello</h1>")
    (tmp_path / "secret.txt").write_text("secret")
    plugins = airflow_environment["AIRFLOW__CORE__PLUGINS_FOLDER"]
    environment = {**airflow_environment, "CX_STATE_DIR": str(tmp_path), "PYTHONPATH": plugins}
    codes = json.loads(run_python(_ASK, environment).splitlines()[-1])
    assert codes == [401, 200, 200, 404, 404, 404]
