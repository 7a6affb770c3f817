"""The Airflow plugin: menu entries for the snapshot archive and the gate's evidence, for logged-in people only."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from airflow.api_fastapi.core_api.security import get_user
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

from cx_etl.settings import load_settings

# A plugin's endpoints are open to everybody unless they ask for a user themselves. The pages may not run scripts
# of others nor be framed by other sites.
app = FastAPI(title="Customer experience", dependencies=[Depends(get_user)], docs_url=None, openapi_url=None)
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
}


def _folder(area: str) -> Path:
    settings = load_settings()
    folders = {"snapshots": settings.snapshots_dir, "evidence": settings.evidence_dir}
    if area not in folders:
        raise HTTPException(404)
    return folders[area].resolve()


@app.get("/{area}/", response_class=HTMLResponse)
def index(area: str) -> HTMLResponse:
    """The area's own first page; where it has none, its pages, newest first, or that there are none yet."""
    folder = _folder(area)
    if (folder / "index.html").is_file():
        return HTMLResponse((folder / "index.html").read_text(encoding="utf-8"), headers=_HEADERS)
    pages = sorted((path.relative_to(folder).as_posix() for path in folder.rglob("*.html")), reverse=True)
    entries = "".join(f'<li><a href="{quote(page)}">{escape(page)}</a></li>' for page in pages)
    body = f"<ul>{entries}</ul>" if pages else "<p>Nothing here yet: no night has been published.</p>"
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{area}</title>'
        f"<main><h1>{area.capitalize()}</h1>{body}</main></html>"
    )
    return HTMLResponse(page, headers=_HEADERS)


@app.get("/{area}/{path:path}", response_class=FileResponse)
def page(area: str, path: str) -> FileResponse:
    """One file below the area's folder, never one outside it."""
    folder = _folder(area)
    found = (folder / path).resolve()
    if not found.is_relative_to(folder) or not found.is_file():
        raise HTTPException(404)
    return FileResponse(found, headers=_HEADERS)


def _menu(name: str, area: str) -> dict[str, str]:
    return {"name": name, "href": f"/cx/{area}/", "destination": "nav", "url_route": f"cx-{area}", "category": "browse"}


class CxPlugin(AirflowPlugin):
    """What a person wants to reach from the menu after a night."""

    name = "cx"
    fastapi_apps = [{"name": "cx", "app": app, "url_prefix": "/cx"}]  # noqa: RUF012
    external_views = [_menu("Snapshot archive", "snapshots"), _menu("Quality evidence", "evidence")]  # noqa: RUF012
