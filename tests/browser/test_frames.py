"""`hairpin.browser.frames` and Chromium are asked the same: may this answer be shown in a frame?"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.browser.frames import may_be_framed
from hairpin.wire.origin import origin_of
from tests.browser.ground import WITHOUT_SHRINKING, Ground, response

PAGE, POOL = "https://page.example:{https}", "https://pool.example:{https}"

# Shows every URL in a frame and says which of them ran, once all have loaded or been refused.
SHOW = """async urls => {
    const ran = new Set();
    addEventListener('message', event => ran.add(event.data));
    await Promise.all(urls.map(url => new Promise(done => {
        const frame = document.createElement('iframe');
        frame.onload = done;
        frame.src = url;
        document.body.append(frame);
    })));
    document.querySelectorAll('iframe').forEach(frame => frame.remove());
    return urls.map(url => ran.has(new URL(url).pathname));
}"""
RUNS = b"<!doctype html><script>top.postMessage(location.pathname, '*')</script>"

Lines = tuple[tuple[str, str], ...]


def options(*values: str) -> Lines:
    return tuple(("X-Frame-Options", value) for value in values)


def policy(*values: str) -> Lines:
    return tuple(("Content-Security-Policy", value) for value in values)


def ancestors(*sources: str) -> Lines:
    return tuple(line for source in sources for line in policy(f"frame-ancestors {source}"))


OPTIONS = [
    (),
    *(
        options(value)
        for value in ("DENY", "deny", "SAMEORIGIN", "sameorigin", " sameorigin ", "ALLOWALL", "odd", "")
    ),
    *(
        options(value)
        for value in (
            f"ALLOW-FROM {PAGE}",
            "SAMEORIGIN, SAMEORIGIN",
            "DENY, SAMEORIGIN",
            "odd, even",
            "odd, DENY",
        )
    ),
    *(
        options(value)
        for value in ("SAMEORIGIN,", ",", "DENY;", '"DENY"', "SAMEORIGIN, ALLOWALL", "ALLOWALL, odd")
    ),
    options("DENY", "DENY"),
    options("SAMEORIGIN", "DENY"),
    options("SAMEORIGIN", "ALLOWALL"),
    options("odd", "odd"),
]
POLICIES = [
    *(
        ancestors(source)
        for source in (
            "'self'", "'none'", "*", "", "https:", "http:", "https://*", "'SELF'", "'none' *",
            "page.example", "page.example:{https}", "page.example:*", "PAGE.EXAMPLE:*", "*.example:*",
            "*.page.example:*", "*.example", "https://page.example:*", "http://page.example:*",
            "http://page.example:{https}", PAGE, f"{PAGE}/", f"{PAGE}/else", "https://page.example:{again}",
            "https://page.example", "wss://page.example:*", "data:", "'odd'", f"{POOL} {PAGE}",
            "page.example:*, 'none'", "machine.pool.local:*",
        )
    ),
    policy("img-src 'none'"),
    policy("script-src 'unsafe-inline'; FRAME-ANCESTORS 'none'"),
    policy("frame-ancestors *; frame-ancestors 'none'"),
    policy("frame-ancestors 'none'; frame-ancestors *"),
    ancestors("*", "'none'"),
    ancestors("*", PAGE),
    (("Content-Security-Policy-Report-Only", "frame-ancestors 'none'"),),
    (("Content-Security-Policy-Report-Only", "frame-ancestors 'none'"), *options("DENY")),
]  # fmt: skip
BOTH = [
    options(option) + ancestors(source)
    for option in ("DENY", "SAMEORIGIN")
    for source in ("*", "'none'", PAGE)
]

NUMBERS = count()


@pytest.fixture(scope="module")
def page(run: Any, grounded: Any) -> Iterator[Any]:
    here, chromium = grounded
    tab = run(chromium.own.new_page())
    run(tab.goto(here.url("page.example", "/app")))
    yield here, tab
    run(tab.close())


def compare(run: Any, page: tuple[Ground, Any], cases: list[Lines], chain: tuple[str, ...]) -> None:
    """Show each answer to the innermost of ``chain``: frame, then the frames around it, all in page.example."""
    here, tab = page
    innermost, *around = chain
    urls, answers = [], []
    for lines in cases:
        path = f"/frame/{next(NUMBERS)}"
        answer = response(
            200, *((name, _filled(here, value)) for name, value in lines), body=RUNS, media_type="text/html"
        )
        here.answers[path] = lambda _, answer=answer: answer
        answers.append(answer)
        url = here.url(innermost, path)
        for host in around:
            nested = f"<!doctype html><iframe src='{url}'></iframe>".encode()
            here.answers[f"/around/{host}{path}"] = lambda _, body=nested: response(
                200, body=body, media_type="text/html"
            )
            url = here.url(host, f"/around/{host}{path}")
        urls.append((path, url))
    shown = run(
        tab.evaluate(
            SHOW.replace("new URL(url).pathname", "url.replace(/.*(?=\\/frame\\/)/, '')"),
            [url for _, url in urls],
        )
    )
    document = origin_of(here.url(innermost))
    outwards = [origin_of(here.url(host)) for host in (*around, "page.example")]
    wrong = [
        f"{answer.headers.lines}: chromium {theirs}"
        for answer, theirs in zip(answers, shown, strict=True)
        if may_be_framed(document, outwards, answer) is not theirs
    ]
    assert not wrong, "\n".join(wrong)


def _filled(here: Ground, value: str) -> str:
    return value.format(https=here.https, again=here.again)


@pytest.mark.parametrize("host", ["pool.example", "page.example", "sub.page.example"])
def test_the_rules_are_chromiums(run, page, host):
    compare(run, page, [*OPTIONS, *POLICIES, *BOTH], (host,))


@pytest.mark.parametrize("host", ["page.example", "pool.example"])
def test_every_frame_around_counts(run, page, host):
    cases = [
        options("SAMEORIGIN"),
        *(ancestors(source) for source in ("'self'", PAGE, POOL, f"{PAGE} {POOL}")),
    ]
    compare(run, page, cases, (host, "pool.example"))


SOURCES = st.sampled_from(
    ("'self'", "'none'", "*", "https:", "http:", "*.example", "*.example:*", "*.page.example:*", "page.example:*",
     "pool.example:*", "page.example:{https}", PAGE, POOL, f"{PAGE}/path", "sub.page.example:*", "odd", "'odd'")
)  # fmt: skip
HEADERS = st.lists(
    st.sampled_from(
        ("DENY", "SAMEORIGIN", "ALLOWALL", "odd", "sameorigin, deny", "SAMEORIGIN, SAMEORIGIN")
    ).map(lambda value: ("X-Frame-Options", value))
    | st.lists(SOURCES, max_size=3).map(
        lambda words: ("Content-Security-Policy", f"frame-ancestors {' '.join(words)}")
    )
    | st.just(("Content-Security-Policy", "default-src 'unsafe-inline' 'self'")),
    max_size=3,
).map(tuple)
HOST = st.sampled_from(("page.example", "pool.example", "sub.page.example"))


@settings(max_examples=5, phases=WITHOUT_SHRINKING)
@given(
    cases=st.lists(HEADERS, min_size=10, max_size=20), chain=st.lists(HOST, min_size=1, max_size=2).map(tuple)
)
def test_the_rules_are_chromiums_for_headers_nobody_thought_of(run, page, cases, chain):
    compare(run, page, cases, chain)
