"""How to connect to each system of the sandbox: Airflow connections as data."""

from typing import Any

# What a connection needs besides host, login and password; every system that the sandbox serves is named here.
EXTRAS: dict[str, dict[str, Any]] = {
    "zendesk": {},
    "shopify": {},
    "asknicely": {},
    "typeform": {},
    "woocommerce": {},
    "surveymonkey": {},
    "qualtrics": {},
    "freshdesk": {},
    "gorgias": {},
    "shiprocket": {},
    "ga4": {"property_id": "271828182"},
    "hootsuite": {"refresh_token": "sandbox-refresh-token"},
}
# Keys that are checked, so that both sides have to know them; elsewhere any login will do.
KEYS = {
    "woocommerce": ("ck_of_the_sandbox", "cs_of_the_sandbox"),
    "shiprocket": ("api.user@example.com", "password-of-the-sandbox"),
}


def connection(system: str, base_url: str, password: str, login: str = "robot@example.com/token") -> dict[str, Any]:
    """The connection to a system of the sandbox at that address, as ``AIRFLOW_CONN_<SYSTEM>`` takes it in JSON."""
    login, password = KEYS.get(system, (login, password))
    return {
        "conn_type": "http",
        "host": f"{base_url}/{system}",
        "login": login,
        "password": password,
        "extra": EXTRAS[system],
    }
