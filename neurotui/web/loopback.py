"""The one address at which the app is served in a browser: that of this machine, which no other can reach."""

LOOPBACK = "127.0.0.1"

NAMES = (LOOPBACK, "localhost")
"""What a browser, or whoever serves, may call it."""
