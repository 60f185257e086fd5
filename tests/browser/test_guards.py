"""The Web interface from outside, without a browser: headers, cookies, forged requests, guessed passwords."""

from collections.abc import Iterator

import pytest
import requests

from live import ADMIN, Live

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with Live(tmp_path_factory.mktemp("guards") / "state") as live:
        yield live


def opened(device: Live, url: str) -> tuple[requests.Session, dict[str, object]]:
    browser = requests.Session()
    body = dict(zip(("username", "password"), ADMIN, strict=True))
    answer = browser.post(f"{url}/session", json=body, timeout=20, verify=False)
    assert answer.status_code == 200, answer.text
    return browser, answer.json()


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_pages_are_guarded(device: Live, path: str) -> None:
    headers = requests.get(device.url + path, timeout=10).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    ["/assets/../index.html", "/assets/%2e%2e%2fapi.py", "/assets/.hidden", "/assets/no.js", "/secret"],
)
def test_nothing_but_the_assets_is_served(device: Live, path: str) -> None:
    request = requests.Request("GET", device.url).prepare()
    request.url = device.url + path
    assert requests.Session().send(request, timeout=10).status_code == 404


def test_an_asset_that_is_known_is_not_sent_again(device: Live) -> None:
    first = requests.get(f"{device.url}/assets/app.js", timeout=10)
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = requests.get(
        f"{device.url}/assets/app.js", headers={"If-None-Match": first.headers["etag"]}, timeout=10
    )
    assert (again.status_code, again.content) == (304, b"")


def test_cookies_of_http_and_https(device: Live) -> None:
    for url, secure in ((device.url, False), (f"https://127.0.0.1:{device.https}", True)):
        browser, _ = opened(device, url)
        (cookie,) = browser.cookies
        assert cookie.secure is secure
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Strict"
    headers = requests.get(f"https://127.0.0.1:{device.https}/index.html", verify=False, timeout=10).headers
    assert "max-age" in headers["strict-transport-security"]


def test_a_forged_request_changes_nothing(device: Live) -> None:
    """CSRF: a foreign page can make the browser send the cookie, never the second secret."""
    browser, told = opened(device, device.url)
    ini = {"file": ("x.ini", b'[ SRD ]\nFORMAT Index = Name;\nSRD 7 = "Forged";\n[ \\SRD ]\n')}
    forged = browser.put(f"{device.api}/files/ini/incremental", files=ini, timeout=20)
    assert forged.status_code == 401
    for csrf in ("", "0" * 64, "ä"):
        headers = {"X-CSRF-Token": csrf.encode()}
        assert (
            browser.post(f"{device.api}/actions/saveConfiguration", headers=headers, timeout=20).status_code
            == 401
        )
    assert "Forged" not in device.get("/files/ini").text
    own = {"X-CSRF-Token": str(told["csrf"])}
    assert browser.post(f"{device.api}/actions/saveConfiguration", headers=own, timeout=20).status_code == 200


def test_a_page_that_lost_its_session_gets_no_password_window(device: Live) -> None:
    """R2 for everybody else."""
    lost = requests.get(f"{device.api}/status", headers={"X-CSRF-Token": "none"}, timeout=10)
    assert (lost.status_code, lost.headers.get("www-authenticate")) == (401, None)
    plain = requests.get(f"{device.api}/status", timeout=10)
    assert (plain.status_code, plain.headers["www-authenticate"].split()[0]) == (401, "Basic")


def test_a_login_gives_a_new_session_each_time_and_logout_needs_the_secret(device: Live) -> None:
    browser, told = opened(device, device.url)
    first = browser.cookies["sbcd_session"]
    browser.post(f"{device.url}/session", json={"username": "Admin", "password": "Admin"}, timeout=20)
    assert browser.cookies["sbcd_session"] != first
    old = {"Cookie": f"sbcd_session={first}"}
    requests.delete(f"{device.url}/session", headers={**old, "X-CSRF-Token": "wrong"}, timeout=10)
    assert requests.get(f"{device.api}/status", headers=old, timeout=10).status_code == 200
    requests.delete(f"{device.url}/session", headers={**old, "X-CSRF-Token": str(told["csrf"])}, timeout=10)
    assert requests.get(f"{device.api}/status", headers=old, timeout=10).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"username":1,"password":"x"}', b'{"username":"a"}', b"\xff"]
)
def test_a_wrong_login_form_is_refused_without_a_crash(device: Live, body: bytes) -> None:
    answer = requests.post(f"{device.url}/session", data=body, timeout=20)
    assert answer.status_code == 400
    assert answer.json()["description"]


def test_guessing_is_blocked_also_with_the_right_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DenyAccessOnFailCount: three failures, then nobody gets in with this name for a while."""
    with Live(tmp_path_factory.mktemp("guess") / "state") as live:

        def status(password: str) -> int:
            body = {"username": "User", "password": password}
            return requests.post(f"{live.url}/session", json=body, timeout=20).status_code

        assert status("User") == 200
        assert [status("wrong") for _ in range(3)] == [401, 401, 401]
        assert status("User") == 401
        assert "blocked" in live.log.read_text()
