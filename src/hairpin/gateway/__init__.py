"""The reverse proxy: a whole deployment under one origin, without a DNS change and without mixing up logins.

`config` says what stands where, `plan` works out what a request means, `incoming` and `outgoing` are the two sides'
connections and `turn` is one request on its way between them; `cors` decides which pages may call, `watch` counts
and notices, `serve` runs it all. `straight` and `tunnel` are the other two ways to the same web sites.
"""
