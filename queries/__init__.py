"""Every SQL statement of neurotui, by what it speaks of; `neurotui.store.sql` loads them."""
