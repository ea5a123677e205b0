"""`python -m neurotui` is the `neurotui` command."""

from neurotui.cli import main

if __name__ == "__main__":
    main()
