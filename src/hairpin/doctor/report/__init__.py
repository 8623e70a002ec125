"""A verdict for its reader: one file per format, none of which knows a rule.

Every text in a verdict is already redacted; what is left to a renderer is to escape for its own format.
"""

from hairpin.doctor.report.as_html import as_html
from hairpin.doctor.report.as_json import as_json
from hairpin.doctor.report.as_junit import as_junit
from hairpin.doctor.report.as_markdown import as_markdown
from hairpin.doctor.report.as_sarif import as_sarif
from hairpin.doctor.report.as_terminal import tell_findings, tell_verdict

__all__ = ["as_html", "as_json", "as_junit", "as_markdown", "as_sarif", "tell_findings", "tell_verdict"]
