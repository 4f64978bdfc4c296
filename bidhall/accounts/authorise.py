"""The one place that says who may do or watch something.

A command passes when, in this order: the kind of case knows it; its sender is signed in and has one
of its roles in this very case; a second factor was given recently, where its weight asks for that;
and it is signed by an active device of the sender, where its weight asks for that. A signature that
was not asked for is checked all the same: none that does not verify ever gets into the record.

The roles of the hall's own machines are never anybody's, whatever a table may say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bidhall.accounts.errors import (
    SecondFactorNeededError,
    SignatureNeededError,
    SignInNeededError,
)
from bidhall.cases.case import SYSTEM_ACTORS, Case, Person, Rule
from bidhall.cases.errors import ForbiddenError, InvalidCommandError
from crypto.errors import CanonicalError, CryptoError
from crypto.signatures import command_message, verify

if TYPE_CHECKING:
    from bidhall.accounts.devices import Devices
    from bidhall.accounts.sessions import Session
    from bidhall.desk import RawCommand

__all__ = ["authorise", "may_watch"]


def _now() -> datetime:
    return datetime.now(UTC)


async def authorise(  # noqa: PLR0913 - who, what, where, and proven by what
    *,
    case: Case,
    state: Any,
    command: RawCommand,
    person: Person | None,
    session: Session | None,
    devices: Devices,
    now: Callable[[], datetime] = _now,
) -> None:
    """Let a command pass, or say why not.

    Raises:
        InvalidCommandError: the case knows no such command, or its body cannot be signed.
        SignInNeededError: nobody is signed in, or the session is somebody else's.
        ForbiddenError: none of the sender's roles in this case may do this.
        SecondFactorNeededError: a code must be given first, and the command sent again.
        SignatureNeededError: no valid signature of an active device of the sender.
    """
    rule = case.COMMANDS.get(command.kind)
    if rule is None:
        message = f"a {case.KIND} knows no command {command.kind[:80]!a}"
        raise InvalidCommandError(message, code="no-such-command", kind=command.kind[:80])
    if person is None or session is None or session.person.id != person.id:
        raise SignInNeededError(f"{command.kind} needs a person; sign in first")
    _check_role(case, state, rule, command.kind, person)
    if rule.fresh and not session.fresh(now()):
        message = f"{command.kind} needs a second factor given just now; give a code, send it again"
        raise SecondFactorNeededError(message)
    if rule.signed or command.signed is not None:
        await _check_signature(command, person, devices)


def may_watch(case: Case, state: Any, person: Person | None) -> str:
    """Give the audience a person belongs to.

    Raises:
        SignInNeededError: not without signing in.
        ForbiddenError: not this person.
    """
    audience = case.audience(state, person)
    if audience is not None:
        return audience
    if person is None:
        raise SignInNeededError(f"this {case.KIND} is not public; sign in first")
    raise ForbiddenError(f"you have no part in this {case.KIND}", code="may-not-watch")


def _check_role(case: Case, state: Any, rule: Rule, kind: str, person: Person) -> None:
    roles = case.roles(state, person) - SYSTEM_ACTORS
    if person.id in SYSTEM_ACTORS or not roles & rule.roles:
        asked = sorted(rule.roles - SYSTEM_ACTORS)
        who = " or ".join(asked) or "the hall itself"
        raise ForbiddenError(f"{kind} is for {who} of this {case.KIND}", roles=asked)


async def _check_signature(command: RawCommand, person: Person, devices: Devices) -> None:
    if command.signed is None:
        raise SignatureNeededError(f"{command.kind} must be signed by your device key")
    device = await devices.find(command.signed.device)
    if device.person != person.id:
        # The same words as for a device that never was: whose it is, is nobody's business.
        message = f"device {command.signed.device[:80]!a} is not enrolled for you"
        raise SignatureNeededError(message, code="no-such-device")
    if not device.active:
        message = f"device {command.signed.device[:80]!a} was revoked; sign with another"
        raise SignatureNeededError(message, code="device-revoked")
    try:
        message_ = command_message(command.id, command.stream, command.kind, command.body)
    except CanonicalError as error:
        raise InvalidCommandError(f"the body cannot be signed: {error}", code="bad-json") from error
    try:
        verify(bytes.fromhex(device.public_key), message_, bytes.fromhex(command.signed.signature))
    except (CryptoError, ValueError) as error:
        message = "the signature is not one of this device over exactly this command; sign it again"
        raise SignatureNeededError(message, code="signature-invalid") from error
