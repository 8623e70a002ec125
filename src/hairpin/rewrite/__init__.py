"""Rewriting origins in heads and bodies, streaming and byte-exact otherwise.

`mapping` says which upstream origin appears under which public base; `substitution` compiles that into one
pattern and applies it to a stream of chunks; `coding` undoes and redoes content codings around it; `heads`
does the lines of responses and requests. Nothing here knows of proxies or sockets.
"""
