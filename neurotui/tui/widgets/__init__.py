"""The panes, lines and pages that screens are composed of."""
