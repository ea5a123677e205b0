"""The screens that open over Browse."""
