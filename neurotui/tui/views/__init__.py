"""The screens that are opened over Browse."""
