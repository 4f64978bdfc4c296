"""HTTP: the hall's routes, its pages, and what every answer carries. See docs/spec/http.md.

A handler reads the request, calls one thing of the hall, and answers; rules live elsewhere.
"""
