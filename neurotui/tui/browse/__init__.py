"""The Browse screen and its controllers."""
