"""The registry: which device key speaks for whom. One stream for the whole hall.

Offline verification of a signature starts here: the event that enrolled the key is disclosed
with its proof, so nobody can later claim that a sheet or a bid was signed by another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bidhall.cases.case import Body, Command, Due, Event, Happening, Person, rule
from bidhall.cases.errors import ConflictError, InvalidCommandError, NotFoundError
from crypto.errors import CryptoError
from crypto.signatures import decode_public_key

KIND = "registry"
PREFIX = "registry"
STREAM = "registry"
_SHORTEST, _LONGEST = 8, 64

EVERYONE = (
    "host", "tenderee", "bidder", "custodian", "expert", "supervisor", "centre", "administrator",
)  # fmt: skip
COMMANDS = {
    "EnrolDevice": rule(*EVERYONE, fresh=True, creates=True),
    "RevokeDevice": rule(*EVERYONE, fresh=True),
}


@dataclass(frozen=True, slots=True)
class Device:
    """A device key: 33-byte compressed P-256 point, hex."""

    person: str
    public_key: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Every device ever enrolled, by id."""

    stream: str
    devices: Mapping[str, Device] = field(default_factory=dict)


def initial(stream: str) -> State:
    """Begin an empty registry."""
    return State(stream)


def decide(state: State, command: Command, actor: Person, at: datetime) -> tuple[Happening, ...]:
    """Enrol or revoke one device key of the acting person."""
    del at
    device = str(command.body.get("device", ""))
    if command.kind == "EnrolDevice":
        return (_enrol(state, device, str(command.body.get("public_key", "")), actor),)
    known = state.devices.get(device)
    if known is None or known.person != actor.id:
        message = f"device {device!r} is not one of yours"
        raise NotFoundError(message, code="no-such-device", device=device)
    if not known.active:
        message = f"device {device!r} was revoked before"
        raise ConflictError(message, code="device-revoked", device=device)
    return (Happening("DeviceRevoked", {"device": device, "person": actor.id}),)


def _enrol(state: State, device: str, public_key: str, actor: Person) -> Happening:
    if not device.startswith("dev-") or not _SHORTEST <= len(device) <= _LONGEST:
        message = f"device id {device!r} must look like dev-..., at most 64 characters"
        raise InvalidCommandError(message, code="bad-device", device=device)
    if device in state.devices:
        message = f"device {device!r} is enrolled already; make a new id"
        raise ConflictError(message, code="device-exists", device=device)
    try:
        decode_public_key(bytes.fromhex(public_key))
    except (ValueError, CryptoError) as error:
        message = "public_key must be a compressed P-256 point, 66 hex digits"
        raise InvalidCommandError(message, code="bad-public-key") from error
    body = {"device": device, "person": actor.id, "public_key": public_key}
    return Happening("DeviceEnrolled", body)


def evolve(state: State, event: Event) -> State:
    """Apply one event."""
    device = event.body["device"]
    if event.kind == "DeviceEnrolled":
        entry = Device(event.body["person"], event.body["public_key"])
    else:
        entry = replace(state.devices[device], active=False)
    return replace(state, devices={**state.devices, device: entry})


def roles(state: State, person: Person | None) -> frozenset[str]:
    """Give the roles the account has; the registry adds none."""
    del state
    return person.roles if person else frozenset()


def audience(state: State, person: Person | None) -> str | None:
    """Let everyone signed in watch their own devices only."""
    del state
    return f"person:{person.id}" if person else None


def visible(event: Event, state: State, audience: str) -> Body | None:
    """Show a device to its owner."""
    del state
    return event.body if audience == f"person:{event.body['person']}" else None


def discreet(event: Event) -> bool:
    """Keep no actor secret."""
    del event
    return False


def card(state: State, person: Person | None) -> Body | None:
    """Show nobody: the registry has no room life."""
    del state, person
    return None


def due(state: State) -> tuple[Due, ...]:
    """Owe nothing."""
    del state
    return ()


def disclosed(state: State) -> bool:
    """Never leave as a whole; a bundle discloses single enrolments with their proofs."""
    del state
    return False
