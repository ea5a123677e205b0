"""What fills the terminal: Browse, and the dialogs over it."""
