"""The catalogue: one file per failure, in the order in which causes are looked for.

A new failure is a new file and a new line here; ids are stable and never used again for something else.
"""

from importlib import import_module

from hairpin.doctor.entry import Entry

_NAMES = (
    "ext_fqdn_resolves_to_internal_site",
    "ext_fqdn_missing_inside",
    "hairpin_blocked",
    "lyncdiscover_resolves_to_internal_site",
    "lyncdiscoverinternal_missing",
    "wildcard_dns_catches_discover",
    "discover_cname_other_domain",
    "discover_points_to_online",
    "discover_points_to_legacy_pool",
    "web_names_dns_load_balanced",
    "internal_equals_external_fqdn",
    "client_and_proxy_see_different_dns",
)
_PROXY = (
    "rp_443_to_443",
    "rp_host_header_rewritten",
    "rp_path_not_published",
    "rp_preauthentication",
    "rp_options_blocked",
    "rp_timeout_shorter_than_pget",
    "rp_cert_san_missing",
    "rp_chain_incomplete",
    "rp_backend_tls_fails",
    "rp_sni_default_certificate",
    "rp_http_redirect_wrong",
    "rp_ssl_offload",
    "rp_strips_or_merges_headers",
    "rp_caches_responses",
    "rp_url_or_body_filter",
    "rp_breaks_ntlm",
    "hlb_affinity_wrong",
    "home_pool_not_published",
    "rp_adds_frame_or_csp_headers",
)
_TLS = (
    "internal_ca_not_trusted",
    "cert_interstitial_hidden_in_iframe",
    "certificate_expired",
    "tls_version_mismatch",
    "hsts_pins_the_name",
)
_CROSS_DOMAIN = (
    "origin_not_allowed_28070",
    "origin_list_wrong_scope",
    "origin_string_mismatch",
    "xframe_not_moved_to_home_pool",
    "direct_xhr_without_xframe",
    "frame_postmessage_origin",
    "ticket_from_other_pool",
    "multi_pool_401_without_challenge",
    "ticket_expired_or_unverifiable",
    "token_audience_wrong",
)
_AUTHENTICATION = (
    "grant_type_not_offered",
    "auth_differs_by_side",
    "bad_credentials_invalid_grant",
    "user_not_enabled_28000",
    "mobility_or_app_policy_403",
    "passive_only_28020",
    "passive_blocked_by_cookies",
    "kerberos_or_zone_prompt_loop",
    "web_ticket_service_down",
    "hma_spn_missing",
    "hma_breaks_password_clients",
    "hybrid_user_homed_online",
    "autodiscover_redirect_not_trusted",
)
_CLIENT = (
    "third_party_frame_storage_partitioned",
    "ie_security_zones",
    "mixed_content_frame",
    "local_network_access_blocked",
    "private_network_preflight",
    "proxy_or_tls_inspection_in_the_way",
    "second_instance_replaces_channel",
    "client_parses_discovery_naively",
    "sdk_or_cloud_retired",
)
_SERVER = (
    "lyncucwa_app_pool_dead",
    "dos_filter_or_throttling",
    "exchange_or_ucs_side_errors",
)


def _entry(name: str) -> Entry:
    found = import_module(f"{__name__}.{name}").ENTRY
    assert isinstance(found, Entry)
    return found


CATALOGUE: tuple[Entry, ...] = tuple(
    _entry(name)
    for group in (_NAMES, _PROXY, _TLS, _CROSS_DOMAIN, _AUTHENTICATION, _CLIENT, _SERVER)
    for name in group
)

BY_ID = {entry.id: entry for entry in CATALOGUE}
