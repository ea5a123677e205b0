"""Child processes that load models, so that the app never waits for one: client, server, requests."""
