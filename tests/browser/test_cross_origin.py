"""`hairpin.browser.fetch` and Chromium are asked the same: what leaves, and what the script gets to see."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.browser.fetch import fetch
from hairpin.wire.exchange import Reply
from hairpin.wire.message import Headers, Request, Response
from tests.browser.cases import ANSWERS, AUTHORIZED, CASES, METHODS, NEAR, ORIGIN, PREFLIGHTED, SIMPLE, Case
from tests.browser.ground import WITHOUT_SHRINKING, Ground

# What is compared of a request; the rest is about the machine and the connection.
TELLING = (
    "accept",
    "content-type",
    "origin",
    "referer",
    "access-control-request-method",
    "access-control-request-headers",
)

ASK = """async cases => Promise.all(cases.map(async ({ url, method, headers, body, credentials }) => {
    try {
        const answer = await fetch(url, {
            method, headers, body: body === '' ? undefined : new TextEncoder().encode(body), redirect: 'error',
            credentials: credentials ? 'include' : 'omit' });
        return { status: answer.status, headers: [...answer.headers], body: await answer.text() };
    } catch (error) {
        return null;
    }
}))"""

ASK_XHR = """async cases => Promise.all(cases.map(({ url, method, headers, body, credentials }) => new Promise(done => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.withCredentials = credentials;
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    request.onerror = () => done(null);
    request.onload = () => done({ status: request.status, body: request.responseText,
        headers: request.getAllResponseHeaders().split('\\r\\n').filter(Boolean)
            .map(line => line.split(/: (.*)/).slice(0, 2)) });
    request.send(body === '' ? null : new TextEncoder().encode(body));
})))"""


@pytest.fixture(scope="module")
def page(run: Any, grounded: Any) -> Iterator[Any]:
    """A page of page.example, and the ground it stands on."""
    here, chromium = grounded
    tab = run(chromium.own.new_page())
    run(tab.goto(here.url("page.example", "/app/page?q=1#here")))
    yield here, tab
    run(tab.close())


NUMBERS = count()


def compare(run: Any, page: tuple[Ground, Any], cases: list[Case], *, script: str = ASK) -> None:
    here, tab = page
    origin = here.url("page.example", "")
    asked = []
    for case in cases:
        path = f"/case/{next(NUMBERS)}"
        preflight, answer = (_named(one, origin) for one in (case.preflight, case.answer))
        here.answers[path] = lambda request, p=preflight, a=answer, c=case: (
            p if request.method == "OPTIONS" and "access-control-request-method" in request.headers else a
        )
        asked.append((case, path, here.url(case.host, path, port=case.port)))
    seen = run(tab.evaluate(script, [
        {"url": url, "method": case.method, "headers": case.headers, "body": case.body, "credentials": case.credentials}
        for case, _, url in asked
    ]))  # fmt: skip
    told = []
    for (case, path, url), theirs in zip(asked, seen, strict=True):
        left = [_telling(request) for request in here.asked.pop(path, [])]
        request = Request(case.method, url, Headers.of(case.headers), case.body.encode())
        wire, reply = _in_memory(here, tab.url, request, case.credentials)
        here.asked.pop(path, None)
        ours = None if reply.response is None or reply.failure else _readable(request, reply.response)
        theirs = theirs and (
            theirs["status"],
            sorted((name.lower(), value) for name, value in theirs["headers"]),
            theirs["body"],
        )
        told.append((case, f"{left} {theirs}", f"{wire} {ours}"))
    wrong = [
        f"{case}\n  chromium: {first}\n  hairpin:  {second}"
        for case, first, second in told
        if first != second
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong)


def _named(answer: Response, origin: str) -> Response:
    return replace(
        answer, headers=Headers.of((name, value.replace(ORIGIN, origin)) for name, value in answer.headers)
    )


def _in_memory(
    here: Ground, document: str, request: Request, credentials: bool
) -> tuple[list[object], Reply]:
    leaving = fetch(document, request, credentials=credentials)
    wire: list[object] = []
    try:
        out = next(leaving)
        while True:
            wire.append(_telling(out.request))
            out = leaving.send(Reply(here.answer(out.request)))
    except StopIteration as stopped:
        reply = stopped.value
        assert isinstance(reply, Reply)
        return wire, reply


def _telling(request: Request) -> object:
    lines = {name: request.headers.get(name) for name in TELLING}
    return request.method, {name: value for name, value in lines.items() if value is not None}, request.body


def _readable(request: Request, answer: Response) -> object:
    names = dict.fromkeys(name.lower() for name, _ in answer.headers)
    lines = sorted((name, ", ".join(answer.headers.all(name))) for name in names)
    return answer.status, lines, "" if request.method.upper() == "HEAD" else answer.body.decode()


@pytest.mark.parametrize(
    "cases", [SIMPLE, PREFLIGHTED, METHODS, ANSWERS, NEAR, AUTHORIZED],
    ids=["simple or not", "preflights", "methods", "answers", "neighbours", "authorization"],
)  # fmt: skip
def test_the_rules_are_chromiums(run, page, cases):
    compare(run, page, cases)


def test_the_rules_hold_for_xmlhttprequest_too(run, page):
    compare(run, page, [*PREFLIGHTED, *NEAR], script=ASK_XHR)


@settings(max_examples=10, phases=WITHOUT_SHRINKING)
@given(cases=st.lists(CASES, min_size=30, max_size=60))
def test_the_rules_are_chromiums_for_requests_and_answers_nobody_thought_of(run, page, cases):
    compare(run, page, cases)
