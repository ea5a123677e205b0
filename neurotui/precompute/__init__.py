"""From texts to a run: the only room with torch on its way in."""
