"""A whole deployment on loopback: real DNS, real TLS, real web sites, a real reverse proxy.

`lab` puts it together, `place` says where on loopback each machine is, `naming` answers DNS, `authority`
signs certificates, `http` speaks HTTP, `logins` does Windows logins, and `sites`, `proxy`, `app` are who
answers. What is answered is decided in `server`; this room only moves bytes.
"""
