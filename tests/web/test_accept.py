"""406 by RFC 9110 12.5.1 (R4): may the answer be JSON?"""

import pytest

from sbcd.web.accept import accepts_json


@pytest.mark.parametrize(
    ("accept", "may"),
    [
        ("application/json", True),
        ("*/*", True),
        ("application/*", True),
        ("APPLICATION/JSON", True),
        ("application/json;q=0.1", True),
        ("application/json; charset=utf-8", True),
        ("text/html, application/xhtml+xml, */*;q=0.8", True),
        ("text/html", False),
        ("text/plain, text/*", False),
        ("application/json;q=0", False),
        ("application/json;q=0.000, */*", False),
        ("application/json;q=0, application/*;q=1", False),
        ("application/*;q=0, application/json", True),
        ("*/*;q=0", False),
        ("text/html, */*;q=0", False),
        ("application/json;version=2", False),
        ("", True),
        ("nonsense", True),
    ],
)
def test_r4_accept(accept: str, may: bool) -> None:
    assert accepts_json(accept) is may


@pytest.mark.timeout(5)
@pytest.mark.parametrize("accept", ["a/b" + " " * 60_000 + "x", "," * 60_000, ";" * 60_000, "a/b;" * 20_000])
def test_long_headers_cost_nothing(accept: str) -> None:
    accepts_json(accept)
