"""Signing in to a real deployment, or to the lab: the sans-IO sign-in with bytes that really travel."""
