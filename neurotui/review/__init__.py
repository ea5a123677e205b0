"""Reviewing neurons without a screen: order, filters, candidates, decisions. Never imports Textual."""
