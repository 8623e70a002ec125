"""What exists: pools, web sites, names, DNS views, publications, users; and which machine a URL reaches.

`model` is the data, `file` reads it from TOML, `routing` follows (vantage, URL) → name → address → listener →
publication → web site. This room knows nothing of requests.
"""
