"""What a check says: it holds, with a few facts; or it fails, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from bidhall.errors import BidhallError

__all__ = ["CheckFailedError", "Outcome", "require"]


class CheckFailedError(BidhallError):
    """A check does not hold. ``template`` and ``params`` make the sentence."""

    def __init__(self, template: str, **params: object) -> None:
        """Keep the parts, so that a page can say it in another language."""
        self.template, self.params = template, params
        super().__init__(template.format(**params))


def require(holds: bool, template: str, **params: object) -> None:  # noqa: FBT001 - reads as a sentence
    """Fail the check unless it holds."""
    if not holds:
        raise CheckFailedError(template, **params)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one check; ``state`` is passed, failed or skipped (with the reason)."""

    name: str
    state: str
    facts: dict[str, object] = field(default_factory=dict)
    reason: str = ""
