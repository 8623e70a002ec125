"""What a browser permits: same origin, preflights, frames, mixed content, local network access.

Nothing here knows Lync. The rules are those of the Fetch and HTML standards as Chromium applies them; the
browser tests ask both and compare.
"""
