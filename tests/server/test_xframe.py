"""The frame in a real browser: what is asked through it, and what comes back."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from hairpin.lab.browser import PROGRAM
from tests.server.farms import APP, SERVICE, Client, content

POOL = "https://webdir.nnylync.info"
EMBEDDER = f"""<!DOCTYPE html><title>app</title>
<iframe id="frame" src="{POOL}/Autodiscover/XFrame/XFrame.html"></iframe>
<script>
let next = 0;
function through(message) {{
  return new Promise((resolve) => {{
    addEventListener("message", function listen(event) {{
      removeEventListener("message", listen);
      resolve({{ origin: event.origin, data: event.data }});
    }});
    document.getElementById("frame").contentWindow.postMessage(message, "*");
  }});
}}
</script>"""


class Ground:
    """A page of the app with a frame of the pool, whose sites are a farm in memory."""

    def __init__(self, page: Page) -> None:
        self.client = Client()
        self.asked: list[dict[str, str]] = []
        self.page = page
        page.route("**/*", self._serve)
        page.goto(APP)

    def _serve(self, route: Route) -> None:
        request = route.request
        if request.url.startswith(APP):
            route.fulfill(body=EMBEDDER, content_type="text/html")
        elif "unreachable" in request.url:
            route.abort()
        else:
            self.asked.append(
                {**request.all_headers(), ":method": request.method, ":body": request.post_data or ""}
            )
            response = self.client.ask(
                request.method,
                request.url,
                *request.all_headers().items(),
                body=request.post_data_buffer or b"",
            )
            assert not hasattr(response, "wake")
            route.fulfill(status=response.status, headers=dict(response.headers), body=response.body)

    def through(self, message: object) -> dict[str, Any]:
        text = message if isinstance(message, str) else json.dumps(message)
        found = self.page.evaluate("(message) => through(message)", text)
        assert found["origin"] == POOL
        reply = json.loads(found["data"])
        assert isinstance(reply, dict)
        return reply


@pytest.fixture(scope="module")
def ground(chromium_is_here: None) -> Iterator[Ground]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(PROGRAM), args=["--no-sandbox"])
        yield Ground(browser.new_page())
        browser.close()


def lines(reply: dict[str, Any]) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in reply["headers"].rstrip("\r\n").split("\r\n"))


def test_a_request_goes_out_in_the_name_of_the_embedding_page(ground: Ground) -> None:
    reply = ground.through({"type": "get", "url": POOL + SERVICE, "headers": {"Accept": "application/json"}})
    assert (reply["status"], reply["statusText"]) == (200, "OK")
    assert json.loads(reply["responseText"])["_links"]["user"]["href"].startswith(POOL)
    sent = ground.asked[-1]
    assert sent["x-ms-origin"] == APP
    assert sent["x-requested-with"] == "XMLHttpRequest"
    assert sent["accept"] == "application/json"
    assert sent["referer"].endswith("/XFrame.html")


def test_header_names_come_back_in_the_case_clients_look_for(ground: Ground) -> None:
    reply = ground.through({"type": "get", "url": f"{POOL}{SERVICE}/oauth/user"})
    assert reply["status"] == 401
    found = lines(reply)
    assert "MsRtcOAuth href=" in found["WWW-Authenticate"]
    assert found["Content-Type"] == "text/html"
    assert found["X-MS-Server-Fqdn"] == "Director.NNY.local"
    refused = ground.through({"type": "post", "url": f"{POOL}/WebTicket/oauthtoken", "data": ""})
    assert lines(refused)["X-Ms-diagnostics"].startswith("28020;")


@pytest.mark.parametrize("id", ["text", 0, 12.5, None, True, False, [], {"a": [1, {"b": None}]}, ""])
def test_the_message_id_comes_back_unchanged(ground: Ground, id: object) -> None:
    reply = ground.through({"type": "get", "url": POOL + SERVICE, "messageId": id})
    assert reply["messageId"] == id
    assert type(reply["messageId"]) is type(id)


def test_no_message_id_stays_away(ground: Ground) -> None:
    assert "messageId" not in ground.through({"url": POOL + SERVICE})


def test_the_wrapped_form_is_understood_too(ground: Ground) -> None:
    reply = ground.through({"request": {"type": "get", "url": POOL + SERVICE, "messageId": "x"}})
    assert (reply["status"], reply["messageId"]) == (200, "x")


def test_a_form_is_posted_as_it_is_or_made_of_an_object(ground: Ground) -> None:
    fields = {"grant_type": "password", "username": "lene@nnylync.info", "password": "pass@word1"}
    media = "application/x-www-form-urlencoded;charset='utf-8'"
    url = f"{POOL}/WebTicket/oauthtoken"
    text = "&".join("=".join(pair) for pair in fields.items())
    raw = ground.through({"type": "post", "url": url, "headers": {"Content-Type": media}, "data": text})
    assert ground.asked[-1]["content-type"].lower() == media
    assert ground.asked[-1][":body"] == text
    made = ground.through(
        {"type": "POST", "url": url, "contentType": media, "accepts": "a/b", "data": fields}
    )
    assert ground.asked[-1]["accept"] == "a/b"
    for reply in (raw, made):
        assert json.loads(reply["responseText"])["access_token"].startswith("cwt=AAEB")


def test_the_embedding_page_cannot_name_another_origin(ground: Ground) -> None:
    headers = {"X-MS-ORIGIN": "https://trusted.example", "x-ms-origin": "https://trusted.example"}
    ground.through({"type": "get", "url": POOL + SERVICE, "headers": headers})
    assert ground.asked[-1]["x-ms-origin"] == APP


@pytest.mark.parametrize(
    "message",
    [
        {"url": "https://unreachable.example/"},
        {"url": f"{POOL}/unreachable"},
        {"url": "https://[oops/"},
        {"url": POOL + SERVICE, "type": "TRACE"},
        {"url": POOL + SERVICE, "type": "no method"},
        {"url": POOL + SERVICE, "headers": {"no name": "x"}},
    ],
)
def test_a_request_that_fails_is_answered_with_status_0(ground: Ground, message: dict[str, object]) -> None:
    reply = ground.through({**message, "messageId": 7})
    assert (reply["status"], reply["responseText"], reply["messageId"]) == (0, "", 7)
    assert reply["statusText"]


def test_messages_of_others_are_passed_over(ground: Ground) -> None:
    before = len(ground.asked)
    for noise in ("not json", '"text"', "null", "5", "[]", '{"url":5}', '{"request":null}', '{"request":[]}'):
        ground.page.evaluate(
            "(noise) => document.getElementById('frame').contentWindow.postMessage(noise, '*')", noise
        )
    assert ground.through({"url": POOL + SERVICE, "messageId": "mine"})["messageId"] == "mine"
    assert len(ground.asked) == before + 1


def test_the_page_may_be_framed_and_says_so_by_saying_nothing() -> None:
    for path in (
        "/xframe",
        "/Autodiscover/XFrame/XFrame.html",
        "/AUTODISCOVER/XFRAME/XFRAME.HTML",
        f"{SERVICE}/xframe",
    ):
        response = Client().get(path, ("Accept", "text/html"))
        assert (response.status, response.media_type) == (200, "text/html")
        assert "x-frame-options" not in response.headers
        assert "content-security-policy" not in response.headers


def test_a_sign_in_through_the_frame(ground: Ground) -> None:
    ticket = ground.client.ticket()
    url = f"{POOL}{SERVICE}/oauth/user"
    reply = ground.through({"type": "get", "url": url, "headers": {"Authorization": f"Bearer {ticket}"}})
    assert "applications" in json.loads(reply["responseText"])["_links"]
    assert content(ground.client.get(SERVICE))
