"""The terminal app: one front end of functions that a script can call as well."""
