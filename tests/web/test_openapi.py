"""OpenAPI 3.1 is valid, complete, and says the level of each operation."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from live import MONITOR, Live


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("openapi") / "state") as live:
        yield live


def test_the_document_is_valid_and_open_to_monitors(live: Live) -> None:
    document = live.get("/openapi.json", auth=MONITOR).json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    reset = document["paths"]["/api/v1/actions/reset"]["post"]
    assert reset["x-required-level"] == "Administrator"
    assert document["paths"]["/api/v1/files/tls/{id}"]["get"]["x-required-level"] == "Security Administrator"
    names = [
        op["operationId"]
        for item in document["paths"].values()
        for v, op in item.items()
        if v != "parameters"
    ]
    assert len(names) == len(set(names)) > 50


def test_the_page_needs_nothing_from_elsewhere(live: Live) -> None:
    page = live.get("/docs", auth=MONITOR)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://" not in page.text
    assert "https://" not in page.text
    for asset, media in (("docs.js", "text/javascript"), ("docs.css", "text/css")):
        assert f'"/api/v1/docs/{asset}"' in page.text
        got = live.get(f"/docs/{asset}", auth=MONITOR)
        assert got.headers["Content-Type"] == f"{media}; charset=utf-8"
    assert live.get("/docs/other.js", auth=MONITOR).status_code == 404
    assert live.get("/docs/..%2F__init__.py", auth=MONITOR).status_code == 404


def test_the_script_makes_no_markup_of_text() -> None:
    script = (Path(__file__).parents[2] / "src/sbcd/rooms/apidocs/docs.js").read_text()
    assert "innerHTML" not in script
    assert "eval(" not in script
