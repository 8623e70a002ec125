"""Settings for every test."""

from hypothesis import settings

# A property is about what is right, not about how fast a busy machine is.
settings.register_profile("hairpin", deadline=None)
settings.load_profile("hairpin")
