"""What went wrong in a journey: a catalogue of failures, the evidence for each, and the verdict.

Knows nothing of where a journey came from.
"""

from hairpin.doctor.catalogue import BY_ID, CATALOGUE
from hairpin.doctor.entry import Entry, SeenBy
from hairpin.doctor.finding import (
    Certainty,
    Evidence,
    Finding,
    Owner,
    Remedy,
    Severity,
    Symptom,
    Verdict,
    Word,
)
from hairpin.doctor.verdict import examine

__all__ = [
    "BY_ID",
    "CATALOGUE",
    "Certainty",
    "Entry",
    "Evidence",
    "Finding",
    "Owner",
    "Remedy",
    "SeenBy",
    "Severity",
    "Symptom",
    "Verdict",
    "Word",
    "examine",
]
