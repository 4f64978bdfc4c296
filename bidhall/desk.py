"""The one path of a command, whatever door it came through: page, socket, command line, machine.

    parse -> authorise -> gather facts -> writer (lock, time, decide, append, commit) -> reply

The five steps are the five calls of ``Desk.perform``; there is nothing between them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bidhall.accounts.authorise import authorise, may_watch
from bidhall.cases import case_of
from bidhall.cases.case import SYSTEM_ACTORS, Case, Command, Event, Person, Signed, stamp
from bidhall.cases.errors import InvalidCommandError, NotFoundError

if TYPE_CHECKING:
    from bidhall.accounts.devices import Devices
    from bidhall.accounts.sessions import Session
    from bidhall.record.log import Log
    from bidhall.record.streams import Streams
    from bidhall.record.writer import Reply, Writer

__all__ = ["Desk", "RawCommand", "seen_whole", "visible_events"]


@dataclass(frozen=True, slots=True)
class RawCommand:
    """A command as it was parsed at a door; nothing in it is believed yet."""

    id: str
    stream: str
    kind: str
    body: Mapping[str, Any]
    signed: Signed | None = None


Gather = Callable[[Case, Any, RawCommand, Person], Awaitable[Mapping[str, Any]]]


class Desk:
    """Takes commands and questions, and answers them."""

    def __init__(
        self, streams: Streams, writer: Writer, devices: Devices, log: Log, gather: Gather
    ) -> None:
        """Work with these parts; ``gather`` finds the facts a command needs."""
        self._streams, self._writer, self._devices = streams, writer, devices
        self._log, self._gather = log, gather

    async def perform(self, raw: RawCommand, person: Person, session: Session | None) -> Reply:
        """Perform one command of a person.

        Raises:
            RefusedError: with a code for the sender; nothing was changed.
        """
        case = case_of(raw.stream)
        rule = case.COMMANDS.get(raw.kind)
        if rule is None:
            message = f"a {case.KIND} knows no command {raw.kind!a}"
            raise InvalidCommandError(message, code="no-such-command", kind=raw.kind)
        state, head = await self._streams.state(raw.stream)
        if head == 0 and not rule.creates:
            raise _no_case(raw.stream)
        await authorise(
            case=case, state=state, command=raw, person=person, session=session,
            devices=self._devices,
        )  # fmt: skip
        facts = await self._gather(case, state, raw, person)
        command = Command(raw.id, raw.stream, raw.kind, raw.body, facts, raw.signed)
        return await self._writer.submit(command, person)

    async def perform_as(
        self, actor: str, raw: RawCommand, facts: Mapping[str, Any] | None = None
    ) -> Reply:
        """Perform a command of one of the hall's own machines; never reachable from outside."""
        if actor not in SYSTEM_ACTORS:
            message = f"{actor!a} is not one of the hall's machines"
            raise InvalidCommandError(message)
        case = case_of(raw.stream)
        person = Person(id=actor, name=actor, roles=frozenset({actor}))
        if actor not in case.COMMANDS[raw.kind].roles:
            message = f"{raw.kind} is not the work of the {actor}"
            raise InvalidCommandError(message)
        if facts is None:
            state, _ = await self._streams.state(raw.stream)
            facts = await self._gather(case, state, raw, person)
        return await self._writer.submit(
            Command(raw.id, raw.stream, raw.kind, raw.body, facts), person
        )

    async def snapshot(self, stream: str, person: Person | None, after: int = 0) -> dict[str, Any]:
        """Give the case as this viewer may see it: the events of its audience after ``after``.

        Raises:
            ForbiddenError, NotFoundError: the viewer may not watch, or there is no such case.
        """
        case, audience, shown = await self._shown(stream, person)
        return {
            "stream": stream,
            "kind": case.KIND,
            "audience": audience,
            "seq": len(shown),
            "events": [
                {"seq": seq, "at": stamp(event.at), "kind": event.kind, "body": body}
                for seq, (event, body) in enumerate(shown, 1)
                if seq > after
            ],
        }

    async def evidence(
        self, stream: str, person: Person | None, kinds: frozenset[str]
    ) -> list[dict[str, Any]]:
        """Give receipts of the events of these kinds that the viewer may see whole.

        A receipt discloses the whole event, so one that is shown in part is never given.
        """
        case, _, shown = await self._shown(stream, person)
        whole = [
            event for event, body in shown
            if event.kind in kinds and seen_whole(case, event, body, person)
        ]  # fmt: skip
        return [await self._log.receipt(event.stream, event.seq) for event in whole]

    async def _shown(
        self, stream: str, person: Person | None
    ) -> tuple[Case, str, list[tuple[Event, Mapping[str, Any]]]]:
        case = case_of(stream)
        state, head = await self._streams.state(stream)
        if head == 0:
            raise _no_case(stream)
        audience = may_watch(case, state, person)
        return (
            case,
            audience,
            visible_events(case, stream, await self._streams.events(stream), audience),
        )


def visible_events(
    case: Case, stream: str, events: list[Event], audience: str
) -> list[tuple[Event, Mapping[str, Any]]]:
    """Pass events through ``visible`` one by one, each with the state right after it."""
    state = case.initial(stream)
    shown: list[tuple[Event, Mapping[str, Any]]] = []
    for event in events:
        state = case.evolve(state, event)
        body = case.visible(event, state, audience)
        if body is not None:
            shown.append((event, body))
    return shown


def seen_whole(case: Case, event: Event, body: Mapping[str, Any], person: Person | None) -> bool:
    """Tell whether a viewer sees all of an event, who did it as well, and may have its receipt."""
    ours = person is not None and event.actor == person.id
    return body == event.body and (ours or not case.discreet(event))


def _no_case(stream: str) -> NotFoundError:
    message = f"there is no case {stream!a}; check the address"
    return NotFoundError(message, code="no-such-case", stream=stream)
