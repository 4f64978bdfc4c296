"""Every address of the hall over HTTP but ``/files`` and ``/rooms``, in one list."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute, Route

from bidhall.api import cases, lists, record, sessions
from bidhall.api.door import person_of
from bidhall.api.pages import PAGES, Shelf

__all__ = ["person_of", "routes"]


def routes(folder: Path | None = None) -> list[BaseRoute]:
    """Make the routes; ``folder`` holds the pages. The last one takes what nobody took: keep it last.

    The handlers take the hall from ``app.state.hall``.
    """
    shelf = Shelf(folder)
    return [
        Route("/api/time", sessions.now),
        Route("/api/me", sessions.me),
        Route("/api/session", sessions.sign_in, methods=["POST"]),
        Route("/api/session", sessions.sign_out, methods=["DELETE"]),
        Route("/api/session/code", sessions.code, methods=["POST"]),
        Route("/api/totp", sessions.enrol, methods=["POST"]),
        Route("/api/tenders", lists.tenders),
        Route("/api/desk", lists.desk),
        Route("/api/people", lists.people),
        Route("/api/cases/{stream}", cases.show),
        Route("/api/cases/{stream}/commands", cases.command, methods=["POST"]),
        Route("/api/cases/{stream}/evidence", cases.evidence),
        Route("/api/cases/{stream}/documents/{name}", cases.document),
        Route("/api/cases/{stream}/bids/{bid}/files/{number:int}", cases.opened_file),
        Route("/api/cases/{stream}/committee", cases.committee_names),
        Route("/api/receipts/{stream}/{item}", cases.receipt),
        Route("/record/checkpoint", record.checkpoint),
        Route("/record/tile/{path:path}", record.tile),
        Route("/record/key", record.key),
        Route("/record/consistency", record.consistency),
        *(Route(address, shelf.page) for address in PAGES),
        Route("/{path:path}", shelf.asset),
    ]
