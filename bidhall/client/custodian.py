"""The custodian's side: take part in ceremonies, and release shares when the facts allow it.

The shares lie in this custodian's key store and nowhere else. A release is checked against this
machine's own clock and the last checkpoint seen; there is no override.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bidhall.client.errors import ClientError
from bidhall.client.keystore import KeyStore
from bidhall.client.room import RoomMember, join
from bidhall.client.visitor import Visitor
from bidhall.custody.checks import LogIdentity, Release, check_lot_release, check_opening
from bidhall.facts.keys import key_session
from crypto import dkg
from crypto.notes import Checkpoint

__all__ = ["CustodianClient"]

Say = Callable[[str], None]
_OPENING_STAGES = ("form", "technical")


def _now() -> datetime:
    return datetime.now(UTC)


class CustodianClient:
    """One custodian at one hall, with its key store."""

    def __init__(
        self, visitor: Visitor, store: KeyStore, *, clock: Callable[[], datetime] = _now,
        say: Say = print,
    ) -> None:  # fmt: skip
        """Act for the custodian whose ``visitor`` is signed in."""
        self._visitor, self._store, self._clock, self._say = visitor, store, clock, say

    async def hold_ceremony(self, stream: str, *, seconds: float = 300) -> int:
        """Take part in a ceremony from joining to the end; gives the number of keys made.

        May be interrupted and called again: what was sent is in the record, what is needed next
        is in the key store.

        Raises:
            ClientError: the ceremony was aborted, or this person holds no seat in it.
        """
        async with join(self._visitor, stream) as room:
            await room.until(lambda one: one.find("CeremonyConvened"))
            convened = room.find("CeremonyConvened")[0]
            index = self._index(convened)
            memory = self._memory(stream)
            if index not in {one["index"] for one in room.find("CustodianJoined")}:
                await room.command("JoinCeremony", {"static_key": memory["public"]}, signed=True)
            self._say(f"joined as custodian {index} of {len(convened['custodians'])}")
            await self._until(room, "CustodianJoined", len(convened["custodians"]), seconds)
            await self._round_one(room, convened, index, memory)
            await self._until(room, "RoundOneSubmitted", len(convened["custodians"]), seconds)
            shares = await self._sign(room, convened, index, memory)
            await self._until(room, "CeremonyCompleted", 1, seconds)
            return self._keep(room, shares)

    def _index(self, convened: Mapping[str, Any]) -> int:
        for one in convened["custodians"]:
            if one["person"] == self._visitor.person["id"]:
                return int(one["index"])
        raise ClientError("you hold no seat in this ceremony")

    def _memory(self, stream: str) -> dict[str, Any]:
        ceremonies = self._store.data["ceremonies"]
        if stream not in ceremonies:
            secret = dkg.generate_static_key(os.urandom)
            public = dkg.static_public_key(secret)
            ceremonies[stream] = {"static": secret.hex(), "public": public.hex()}
            self._store.save()
        memory: dict[str, Any] = ceremonies[stream]
        return memory

    async def _until(self, room: RoomMember, kind: str, count: int, seconds: float) -> None:
        await room.until(
            lambda one: len(one.find(kind)) >= count or one.find("CeremonyAborted"),
            seconds=seconds,
        )
        if aborted := room.find("CeremonyAborted"):
            message = f"the ceremony was aborted: {aborted[0]['reason']}"
            raise ClientError(message)

    def _participants(
        self, room: RoomMember, convened: Mapping[str, Any], index: int, memory: Mapping[str, Any]
    ) -> list[dkg.Participant]:
        joined = {one["index"]: one["static_key"] for one in room.find("CustodianJoined")}
        keys = tuple(bytes.fromhex(joined[place]) for place in sorted(joined))
        secret = bytes.fromhex(memory["static"])
        return [
            dkg.Participant(
                key_session(room.stream, place, convened["threshold"], keys), index, secret
            )
            for place in range(convened["batch"])
        ]

    async def _round_one(
        self, room: RoomMember, convened: Mapping[str, Any], index: int, memory: dict[str, Any]
    ) -> None:
        if "messages" not in memory:
            made = await asyncio.to_thread(
                lambda: [
                    one.round_one(os.urandom)
                    for one in self._participants(room, convened, index, memory)
                ]
            )
            # Kept before it is sent: after a crash the same messages go out, never two versions.
            memory["messages"] = [b64encode(one).decode() for one in made]
            self._store.save()
        if index not in {one["index"] for one in room.find("RoundOneSubmitted")}:
            await room.command("SubmitRoundOne", {"messages": memory["messages"]}, signed=True)

    async def _sign(
        self, room: RoomMember, convened: Mapping[str, Any], index: int, memory: dict[str, Any]
    ) -> list[dkg.Share]:
        given = {one["index"]: one["messages"] for one in room.find("RoundOneSubmitted")}
        order = sorted(given)
        shares = await asyncio.to_thread(
            lambda: [
                participant.finish([b64decode(given[one][place]) for one in order])
                for place, participant in enumerate(
                    self._participants(room, convened, index, memory)
                )
            ]
        )
        # The shares are safe before the signature that makes the key usable leaves this machine.
        memory["shares"] = [one.secret.hex() for one in shares]
        self._store.save()
        if index not in {one["index"] for one in room.find("TranscriptSigned")}:
            signatures = [one.signature.hex() for one in shares]
            await room.command("SignTranscript", {"signatures": signatures}, signed=True)
        return shares

    def _keep(self, room: RoomMember, shares: list[dkg.Share]) -> int:
        keys = room.find("CeremonyCompleted")[0]["keys"]
        for key, share in zip(keys, shares, strict=True):
            if key["public_key"] != share.outcome.public_key.hex():
                message = (
                    f"{key['key']} was recorded with another public key than this machine made"
                )
                raise ClientError(message)
            self._store.data["shares"][key["public_key"]] = share.secret.hex()
        self._store.data["ceremonies"].pop(room.stream, None)
        self._store.save()
        return len(keys)

    async def release(self, tender: str) -> list[str]:
        """Release this custodian's shares for the opening; gives the stages released.

        Raises:
            ReleaseRefusedError: a check failed; nothing was released.
        """
        evidence = await self._evidence(tender)
        released = []
        async with join(self._visitor, "ope-" + tender.split("-", 1)[1]) as room:
            for stage in _OPENING_STAGES:
                key = self._key(evidence, stage)
                share = self._share(key)
                checked = check_opening(
                    evidence, log=self._log(), stage=stage, public_key=key, now=self._clock(),
                    seen=self._seen(), consistency=await self._consistency(evidence["closed"]),
                )  # fmt: skip
                await self._send(room, stage, share, checked)
                released.append(stage)
        return released

    async def release_lot(self, tender: str) -> None:
        """Release this custodian's share of the lot key, once the roster is committed.

        Raises:
            ReleaseRefusedError: a check failed; nothing was released.
        """
        evidence = await self._evidence(tender, rostered=True)
        key = self._key(evidence, "lot")
        async with join(self._visitor, "eva-" + tender.split("-", 1)[1]) as room:
            checked = check_lot_release(
                evidence, log=self._log(), public_key=key, seen=self._seen(),
                consistency=await self._consistency(evidence["rostered"]),
            )  # fmt: skip
            await self._send(room, "lot", self._share(key), checked)

    async def _send(self, room: RoomMember, stage: str, share: str, checked: Release) -> None:
        checkpoint = checked.checkpoint
        form = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        # Remembered first: once this checkpoint was acted on, no older record is believed again.
        self._store.data["checkpoint"] = form
        self._store.save()
        if stage in {one["stage"] for one in room.find("KeyRecovered")}:
            self._say(f"the {stage} key is open already; this share is not needed")
            return
        body = {"stage": stage, "share": share, "checkpoint": form}
        await room.command("ReleaseShare", body, signed=True)
        self._say(f"released the share of the {stage} key")

    async def _evidence(self, tender: str, *, rostered: bool = False) -> dict[str, Any]:
        receipts = await self._visitor.evidence(tender, "TenderPublished", "TenderClosed")
        if rostered:
            stream = "eva-" + tender.split("-", 1)[1]
            receipts += await self._visitor.evidence(stream, "RosterCommitted")
        names = {"TenderPublished": "published", "TenderClosed": "closed",
                 "RosterCommitted": "rostered"}  # fmt: skip
        found = {names[one["event"]["kind"]]: one for one in receipts}
        needed = ("published", "rostered") if rostered else ("published", "closed")
        if missing := [name for name in needed if name not in found]:
            message = f"the record does not show yet that the tender is {' and '.join(missing)}"
            raise ClientError(message)
        return found

    def _key(self, evidence: Mapping[str, Any], stage: str) -> str:
        return str(evidence["published"]["event"]["body"]["manifest"]["keys"][stage]["public_key"])

    def _share(self, public_key: str) -> str:
        share = self._store.data["shares"].get(public_key)
        if share is None:
            raise ClientError("this key store holds no share of the tender's key")
        return str(share)

    def _log(self) -> LogIdentity:
        kept = self._store.data.setdefault(
            "log", {"origin": self._visitor.log_origin, "vkey": self._visitor.log_vkey}
        )
        return LogIdentity(kept["origin"], kept["vkey"])

    def _seen(self) -> Checkpoint | None:
        form = self._store.data.get("checkpoint")
        if form is None:
            return None
        return Checkpoint(form["origin"], form["size"], bytes.fromhex(form["root"]))

    async def _consistency(self, receipt: Mapping[str, Any]) -> list[str]:
        seen = self._seen()
        if seen is None:
            return []
        size = int(receipt["proof"].split("\n\n", 1)[1].splitlines()[1])
        if size <= seen.size:
            return []
        answer = await self._visitor.request(
            "GET", f"/record/consistency?first={seen.size}&second={size}"
        )
        return [str(one) for one in answer["path"]]
