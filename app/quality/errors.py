"""What can go wrong with figures of quality."""

from app.errors import Forbidden


class FiguresWait(Forbidden):
    """Figures would tell what an open round of this person hides."""

    title = "Figures wait"
