"""The doctor beside plain readers of the same capture, in one run: `scripts/bench doctor [--large]`.

A HAR of 55 MB and 4,000 entries, made of the recorded original case and unrelated traffic around it, goes from file to
verdict in Hairpin; the others only read it: msgspec into plain types, json.load, and haralyzer, which is installed into
a throw-away environment. Each runs in a process of its own, three times; the quickest counts. Then one IIS log of a
million lines; with --large also twenty of them together, and a HAR of one gigabyte (4 GB of disk, two minutes).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CASE = Path("tests/captures/original-case.devtools.har")
ENTRIES, SIZE = 4000, 55_000_000
LINES, LOGS = 1_000_000, 20
LARGE = 18

HAIRPIN = """
from hairpin.doctor import examine
from hairpin.trace import load
def work(path):
    print(examine(load(path.split(","))).verdict)
"""
MSGSPEC = """
from pathlib import Path
import msgspec
class Pair(msgspec.Struct):
    name: str
    value: str
class Request(msgspec.Struct):
    method: str
    url: str
    headers: list[Pair]
class Content(msgspec.Struct):
    text: str = ""
class Response(msgspec.Struct):
    status: int
    headers: list[Pair]
    content: Content
class Entry(msgspec.Struct):
    request: Request
    response: Response
class Log(msgspec.Struct):
    entries: list[Entry]
class Har(msgspec.Struct):
    log: Log
def work(path):
    print(len(msgspec.json.decode(Path(path).read_bytes(), type=Har).log.entries))
"""
JSON = """
import json
def work(path):
    with open(path) as file:
        print(len(json.load(file)["log"]["entries"]))
"""
HARALYZER = """
import json
from haralyzer import HarParser
def work(path):
    with open(path) as file:
        print(len(HarParser(json.load(file)).pages))
"""
MEASURE = """
import re, sys, time
started = time.perf_counter()
work(sys.argv[1])
seconds = time.perf_counter() - started
# ru_maxrss would be the parent's, it survives exec.
print(seconds, re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])
"""


def har(path: Path) -> None:
    """The original case in the middle of what else a browser fetches."""
    case = json.loads(CASE.read_text())
    ours = case["log"]["entries"]
    others = [_noise(number, ours[0]) for number in range(ENTRIES - len(ours))]
    filler = (SIZE - len(json.dumps([*others, *ours]))) // len(others)
    for other in others:
        other["response"]["content"]["text"] = ("function f(a){return a+1};" * (filler // 26 + 1))[:filler]
    middle = len(others) // 2
    case["log"]["entries"] = others[:middle] + ours + others[middle:]
    path.write_text(json.dumps(case))


def _noise(number: int, like: dict) -> dict:  # type: ignore[type-arg]
    headers = [{"name": f"X-Header-{one}", "value": f"value {one} of {number}"} for one in range(12)]
    script = {"name": "Content-Type", "value": "text/javascript"}
    url = f"https://cdn{number % 7}.example/assets/{number}.js"
    return {
        **{name: value for name, value in like.items() if name in {"startedDateTime", "time", "cache", "timings"}},
        "pageref": like.get("pageref", "page_1"),
        "request": {"method": "GET", "url": url, "httpVersion": "h2", "headers": headers, "cookies": [],
                    "queryString": [], "headersSize": -1, "bodySize": 0},
        "response": {"status": 200, "statusText": "", "httpVersion": "h2", "headers": [*headers, script],
                     "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": 0,
                     "content": {"size": 0, "mimeType": "text/javascript", "text": ""}},
    }  # fmt: skip


def large_har(path: Path, small: Path) -> None:
    """The entries of the small one again and again, up to a gigabyte."""
    start, brace, rest = small.read_bytes().partition(b'"entries": [')
    entries, bracket, end = rest.rpartition(b"]")
    with path.open("wb") as file:
        file.write(start + brace)
        for number in range(LARGE):
            file.write(b", " * bool(number) + entries)
        file.write(bracket + end)


def logs(home: Path, first: Path) -> list[Path]:
    """The log of one server as that of twenty."""
    text = first.read_bytes()
    paths = [home / f"u_ex260504_{server}.log" for server in range(LOGS)]
    for server, path in enumerate(paths):
        path.write_bytes(text.replace(b" 10.10.0.10 ", f" 10.10.0.{100 + server} ".encode()))
    return paths


def log(path: Path, lines: int = LINES) -> None:
    head = (
        "#Software: Microsoft Internet Information Services 8.5\n#Version: 1.0\n#Fields: date time s-ip cs-method "
        "cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus "
        "sc-win32-status time-taken\n"
    )
    with path.open("w") as file:
        file.write(head)
        for number in range(lines):
            stem = "/ucwa/oauth/v1/applications" if number % 50 == 0 else f"/abs/handler/{number % 997}"
            file.write(
                f"2026-05-04 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} 10.10.0.10 GET {stem}"
                f" - 443 - 10.20.{number % 200}.7 Mozilla/5.0+(Windows+NT+10.0) 200 0 0 15\n"
            )


def measured(python: str, work: str, path: Path | str, times: int = 3) -> tuple[float, float]:
    """(seconds, peak memory in MB) of the quickest run."""
    runs = []
    for _ in range(times):
        command = [python, "-c", work + MEASURE, str(path)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, kib = out.splitlines()[-1].split()
        runs.append((float(seconds), int(kib) / 1000))
    return min(runs)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="also a HAR of 1 GB and twenty logs together")
    large = parser.parse_args().large
    with tempfile.TemporaryDirectory(prefix="hairpin-bench-") as home:
        capture, server_log = Path(home, "big.har"), Path(home, "u_ex260504.log")
        har(capture)
        megabytes = capture.stat().st_size / 1e6
        print(f"HAR: {megabytes:.1f} MB, {ENTRIES} entries\n")
        rows = {"Hairpin, file to verdict": measured(sys.executable, HAIRPIN, capture)}
        rows["msgspec, typed"] = measured(sys.executable, MSGSPEC, capture)
        rows["json.load"] = measured(sys.executable, JSON, capture)
        venv.create(Path(home, "venv"), with_pip=True)
        python = str(Path(home, "venv", "bin", "python"))
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "haralyzer"]
        if subprocess.run(install, check=False).returncode:
            print("haralyzer could not be installed, so it was not measured", file=sys.stderr)
        else:
            rows["haralyzer"] = measured(python, HARALYZER, capture)
        ours = rows["Hairpin, file to verdict"][0]
        print("| reader | seconds | Hairpin takes | peak MB | × the file |\n|:--|--:|--:|--:|--:|")
        for name, (seconds, peak) in rows.items():
            print(
                f"| {name} | {seconds:.3f} | {ours / seconds:.2f} × | {peak:.0f} | {peak / megabytes:.1f} |"
            )
        log(server_log)
        seconds, peak = measured(sys.executable, HAIRPIN, server_log)
        print(f"\nIIS log: {LINES:,} lines: {seconds:.2f} s, {LINES / seconds:,.0f} lines/s, {peak:.0f} MB")
        if large:
            together = ",".join(str(path) for path in logs(Path(home), server_log))
            seconds, peak = measured(sys.executable, HAIRPIN, together, times=1)
            rate = LOGS * LINES / seconds
            print(f"{LOGS} logs of {LINES:,} lines: {seconds:.1f} s, {rate:,.0f} lines/s, {peak:.0f} MB")
            huge = Path(home, "huge.har")
            large_har(huge, capture)
            seconds, peak = measured(sys.executable, HAIRPIN, huge, times=1)
            print(f"HAR of {huge.stat().st_size / 1e9:.2f} GB: {seconds:.2f} s, {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
