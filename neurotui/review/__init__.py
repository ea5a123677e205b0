"""Going through neurons without a screen: order, filters, candidates, decisions. No Textual here."""
