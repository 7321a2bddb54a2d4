"""A bell that the runners of this process hear: work was committed.

It only saves waiting. Runners of other processes, and one that missed it, find the job at their next look.
"""

import threading


class Bell:
    """Counts its own strokes, so that nobody misses one that fell while they were busy."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.strokes = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._changed:
            self.strokes += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Until there are more strokes than were heard, or for so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.strokes != heard, seconds)


bell = Bell()
