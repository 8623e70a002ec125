"""The sign-in: what a client asks next, and the journey that results.

Sans-IO: no bytes travel here. `machine` says what to ask, `steps` says what an answer means, `journey` keeps
what happened.
"""
