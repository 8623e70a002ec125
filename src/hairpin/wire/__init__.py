"""What travels: origins, messages, challenges, discovery documents, tickets, diagnostics.

Plain frozen data and pure functions. This room knows HTTP and the documents of the sign-in, but not what a
deployment is. Sources are named in each file; section numbers refer to `docs/protocol.md`.
"""
