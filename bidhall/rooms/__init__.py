"""Live rooms: one WebSocket protocol over the streams of the record (``docs/spec/rooms.md``).

``messages`` the frames, ``protocol`` one connection without I/O, ``room`` and ``view`` one
stream live, ``rooms`` all of a worker, ``bus`` the other workers, ``transport`` and ``outlet``
the way out, ``socket`` the endpoint.
"""
