"""The verdict as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from hairpin.doctor.finding import Verdict
from hairpin.doctor.report.sequence import sequence_of
from hairpin.doctor.report.words import ENDS, HANDS, MEANING, SURE, name_of, place

_PAGES = Environment(
    loader=PackageLoader("hairpin.doctor", "report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(verdict: Verdict) -> str:
    """The whole page; every text in it is escaped."""
    return _PAGES.get_template("page.html.jinja").render(
        verdict=verdict,
        sequences=[sequence_of(verdict, capture) for capture in range(1, len(verdict.journeys) + 1)],
        hands=HANDS,
        sure=SURE,
        meaning=MEANING,
        ends=ENDS,
        name_of=name_of,
        place=place,
    )
