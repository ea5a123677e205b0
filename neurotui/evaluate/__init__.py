"""How good the machine's descriptors are: judged by people, by the other split and by gold labels."""
