"""The Browse screen and what it is made of."""
