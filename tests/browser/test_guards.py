"""The Web interface from outside, without a browser: headers, cookies, forged requests, guessed passwords."""

import statistics
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
    "path", ["/api/v1/status", "/api/v1/files/ini", "/session", "/nowhere", "/api/v1/docs"]
)
def test_no_answer_is_guessed_at_or_kept_by_a_browser(device: Live, path: str) -> None:
    headers = requests.get(device.url + path, auth=ADMIN, timeout=10).headers
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert "access-control-allow-origin" not in headers
    for method in ("OPTIONS", "TRACE"):
        other = requests.request(
            method, device.url + path, headers={"Origin": "http://evil.example"}, timeout=10
        )
        assert other.status_code in {401, 404, 405}
        assert not [name for name in other.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "ancestors"),
    [
        (
            "portal.example",
            "'self' https://portal.example http://portal.example https://portal.example:* http://portal.example:*",
        ),
        ("portal.example:8443", "'self' https://portal.example:8443 http://portal.example:8443"),
        (
            "[2001:db8::1]",
            "'self' https://[2001:db8::1] http://[2001:db8::1] https://[2001:db8::1]:* http://[2001:db8::1]:*",
        ),
        ("portal.example; script-src *", None),
        ("portal.example\n", None),
        ("*", None),
        ("a b", None),
    ],
)
def test_a_cross_host_is_a_host_and_nothing_else(device: Live, host: str, ancestors: str | None) -> None:
    """R32."""
    wish = {"username": "john", "privLevel": "monitor", "crossHost": host}
    told = device.post("/actions/authToken", json=wish)
    assert told.status_code == (400 if ancestors is None else 200), told.text
    if ancestors is not None:
        token = told.json()["authToken"]
        opened = requests.get(
            f"{device.url}/index.html?mode=web&authToken={token}", allow_redirects=False, timeout=10
        )
        policy = opened.headers["content-security-policy"]
        assert policy.rpartition("frame-ancestors ")[2] == ancestors


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


def test_a_user_has_as_many_sessions_as_his_row_says(device: Live) -> None:
    """SessionLimit: the oldest one goes. And who is changed is logged off at once, nobody else is."""
    ini = (
        b"[ WebUsers ]\nFORMAT Index = Username, Password, Status, SessionLimit, UserLevel;\n"
        b'WebUsers 5 = "paul", "first-secret", 1, 2, 50;\nWebUsers 6 = "mary", "other-secret", 1, 5, 50;\n'
        b"[ \\WebUsers ]\n"
    )
    assert device.put_file("/files/ini/incremental", ini).status_code == 200

    def enter(name: str, password: str) -> requests.Session:
        browser = requests.Session()
        body = {"username": name, "password": password}
        assert browser.post(f"{device.url}/session", json=body, timeout=20).status_code == 200
        return browser

    def inside(browsers: list[requests.Session]) -> list[bool]:
        return [one.get(f"{device.api}/status", timeout=10).status_code == 200 for one in browsers]

    browsers = [enter("paul", "first-secret") for _ in range(3)]
    mary = enter("mary", "other-secret")
    assert inside([*browsers, mary]) == [False, True, True, True]
    changed = ini.replace(b'"paul", "first-secret"', b'"paul", "second-secret"')
    assert device.put_file("/files/ini/incremental", changed).status_code == 200
    assert inside([*browsers, mary]) == [False, False, False, True]


def test_a_web_interface_that_is_read_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DisableWebConfig: who is logged in is logged off, and everybody is a Monitor there; REST goes on."""
    with Live(tmp_path_factory.mktemp("reading") / "state") as live:
        browser, told = opened(live, live.url)
        assert told["level"] == 200
        off = b"[WEB Params]\nDisableWebConfig = 1\nWebLoginBlockAutoComplete = 1\n"
        assert live.put_file("/files/ini/incremental", off).status_code == 200
        assert browser.get(f"{live.api}/status", timeout=10).status_code == 401
        assert browser.get(f"{live.url}/session", timeout=10).json()["completes"] is False
        browser, told = opened(live, live.url)
        assert told["level"] == 50
        own = {"X-CSRF-Token": str(told["csrf"])}
        refused = browser.post(f"{live.api}/actions/saveConfiguration", headers=own, timeout=20)
        assert refused.status_code == 403
        assert live.post("/actions/saveConfiguration").status_code == 200


def test_default_users_come_back_after_a_reset(tmp_path_factory: pytest.TempPathFactory) -> None:
    """ResetWebPassword."""
    with Live(tmp_path_factory.mktemp("forgotten") / "state") as live:
        ini = (
            b"[WEB Params]\nResetWebPassword = 1\n"
            b"[ WebUsers ]\nFORMAT Index = Username, Password, Status, UserLevel;\n"
            b'WebUsers 0 = "Admin", "changed-secret", 1, 200;\nWebUsers 5 = "paul", "a-secret", 1, 200;\n'
            b"[ \\WebUsers ]\n"
        )
        assert live.put_file("/files/ini/incremental", ini).status_code == 200
        paul = ("paul", "a-secret")
        assert live.get("/status", auth=ADMIN).status_code == 401
        assert live.get("/status", auth=paul).json()["resetNeeded"] is True
        assert live.post("/actions/saveConfiguration", auth=paul).status_code == 200
        live.stop()
        live.start()
        assert live.get("/status", auth=paul).status_code == 401
        assert live.get("/status", auth=ADMIN).json()["saveNeeded"] is False
        assert "ResetWebPassword" not in live.get("/files/ini").text


def test_only_https_is_served_to_rest_and_to_browsers(tmp_path_factory: pytest.TempPathFactory) -> None:
    """HTTPSOnly: takes effect at a reset."""
    with Live(tmp_path_factory.mktemp("https") / "state") as live:
        told = live.put_file("/files/ini/incremental", b"[WEB Params]\nHTTPSOnly = 1\n")
        assert told.status_code == 200
        assert live.get("/status").json()["resetNeeded"] is True
        assert live.post("/actions/saveConfiguration").status_code == 200
        plain, live.url = live.url, f"https://127.0.0.1:{live.https}"
        live.api = f"{live.url}/api/v1"
        live.stop()
        live.start()
        for path in ("/api/v1/status", "/index.html", "/session"):
            with pytest.raises(requests.ConnectionError):
                requests.get(plain + path, timeout=5)
            assert requests.get(live.url + path, timeout=10, verify=False, auth=ADMIN).status_code in {
                200,
                401,
            }
        assert live.get("/status").json()["resetNeeded"] is False


def test_answers_tell_as_little_to_strangers_as_to_users_who_mistyped(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Over HTTP: the same words, and no time that tells who exists (medians, generous bound)."""
    with Live(tmp_path_factory.mktemp("timing") / "state") as live:
        off = b"[WEB Params]\nDenyAccessOnFailCount = 0\n"
        assert live.put_file("/files/ini/incremental", off).status_code == 200
        spent: dict[str, list[float]] = {"Admin": [], "nobody": []}
        said = set()
        for turn in range(40):
            name = ("Admin", "nobody")[turn % 2]
            pair = {"username": name, "password": f"wrong{turn}"}
            for answer in (
                requests.get(f"{live.api}/status", auth=(name, f"wrong{turn}"), timeout=20),
                requests.post(f"{live.url}/session", json=pair, timeout=20),
            ):
                spent[name].append(answer.elapsed.total_seconds())
                said.add((answer.status_code, answer.text))
        assert len(said) == 2, "one sentence of REST, one of the login page"
        ratio = statistics.median(spent["Admin"]) / statistics.median(spent["nobody"])
        assert 0.6 < ratio < 1.7


def test_what_is_done_with_a_token_is_told_under_the_name_it_was_given(device: Live) -> None:
    """R32; guide, Auth Token: the name is shown in the activity log."""
    wish = {"username": "portal-jane", "privLevel": "operator", "sessionTimeout": 90}
    token = device.post("/actions/authToken", json=wish).json()["authToken"]
    browser = requests.Session()
    assert browser.get(f"{device.url}/index.html?mode=web&authToken={token}", timeout=10).status_code == 200
    told = browser.get(f"{device.url}/session", timeout=10).json()
    assert (told["username"], told["level"], told["timeout"]) == ("portal-jane", 100, 90)
    own = {"X-CSRF-Token": told["csrf"]}
    assert browser.post(f"{device.api}/actions/saveConfiguration", headers=own, timeout=20).status_code == 200
    assert browser.get(f"{device.api}/files/tls", timeout=10).status_code == 403, "operator is Administrator"
    lines = [line for line in device.log.read_text().splitlines() if "User:portal-jane. Session: WEB" in line]
    assert [line for line in lines if "saved" in line]
