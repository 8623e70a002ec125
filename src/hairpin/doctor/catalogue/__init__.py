"""The catalogue: one file per failure, in the order in which causes are looked for.

A new failure is a new file and a new line here; ids are stable and never used again for something else.
"""

from hairpin.doctor.catalogue import (
    bad_credentials_invalid_grant,
    direct_xhr_without_xframe,
    ext_fqdn_resolves_to_internal_site,
    origin_not_allowed_28070,
    rp_443_to_443,
    ticket_from_other_pool,
)
from hairpin.doctor.entry import Entry

CATALOGUE: tuple[Entry, ...] = (
    ext_fqdn_resolves_to_internal_site.ENTRY,
    rp_443_to_443.ENTRY,
    origin_not_allowed_28070.ENTRY,
    direct_xhr_without_xframe.ENTRY,
    ticket_from_other_pool.ENTRY,
    bad_credentials_invalid_grant.ENTRY,
)

BY_ID = {entry.id: entry for entry in CATALOGUE}
