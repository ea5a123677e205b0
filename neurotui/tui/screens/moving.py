"""The keys that move, on every screen: what is moved says how far a page and the whole of it go."""

from __future__ import annotations


class Moving:
    """Does the table's moves by steps. A screen says what a step, a page and the whole are."""

    def move(self, steps: int) -> None:
        """Move by rows, or lines: down, or up for negative ones; as far as there are any."""
        raise NotImplementedError

    def page_size(self) -> int:
        """Return how many rows are in sight."""
        raise NotImplementedError

    def extent(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def do_down(self) -> None:
        """Move down a row."""
        self.move(1)

    def do_up(self) -> None:
        """Move up a row."""
        self.move(-1)

    def do_half_page_down(self) -> None:
        """Move down half a page."""
        self.move(max(1, self.page_size() // 2))

    def do_half_page_up(self) -> None:
        """Move up half a page."""
        self.move(-max(1, self.page_size() // 2))

    def do_page_down(self) -> None:
        """Move down a page."""
        self.move(max(1, self.page_size() - 1))

    def do_page_up(self) -> None:
        """Move up a page."""
        self.move(-max(1, self.page_size() - 1))

    def do_first(self) -> None:
        """Move to the beginning."""
        self.move(-self.extent())

    def do_last(self) -> None:
        """Move to the end."""
        self.move(self.extent())
