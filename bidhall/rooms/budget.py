"""How many commands one connection may send: a token bucket whose clock is an argument."""

from __future__ import annotations

__all__ = ["Budget"]


class Budget:
    """Allow ``burst`` at once and ``rate`` a second in the long run."""

    __slots__ = ("_burst", "_level", "_rate", "_seen", "denied")

    def __init__(self, *, burst: int, rate: float, at: float) -> None:
        """Start full at ``at`` (seconds of any monotonic clock)."""
        self._burst = float(burst)
        self._rate = rate
        self._level = float(burst)
        self._seen = at
        self.denied = 0

    def take(self, at: float) -> bool:
        """Take one; False when none is left. ``denied`` counts the refusals in a row."""
        gained = max(0.0, at - self._seen) * self._rate
        self._seen = max(self._seen, at)
        self._level = min(self._burst, self._level + gained)
        if self._level < 1.0:
            self.denied += 1
            return False
        self._level -= 1.0
        self.denied = 0
        return True
