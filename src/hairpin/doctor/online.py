"""Microsoft's retired online service, by its host names."""


def is_online(host: str) -> bool:
    """A host of Skype for Business Online or of its national clouds."""
    host = host.lower().rstrip(".")
    return (
        host.endswith((".online.lync.com", ".infra.lync.com", ".online.partner.lync.cn"))
        or host == "online.lync.com"
    )
