"""P-256 points and scalars.

Two kinds of work, kept apart. *Public* values (commitments, public shares) are added and multiplied
here in plain Python, whose time depends on the values. *Secret* scalars never meet that code:
they are multiplied by OpenSSL (``public_of``, ``shared_point``), in constant time; Python only adds
and reduces them modulo n, as integers of fixed size.

Source: SEC 1 and FIPS 186-5; encodings as in RFC 9591 (compressed points, big-endian scalars).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.errors import PointInvalidError

__all__ = [
    "ORDER",
    "add",
    "combine",
    "decode",
    "encode",
    "multiply",
    "public_of",
    "scalar",
    "scalar_bytes",
    "shared_point",
]

P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
POINT_SIZE: Final = 33
SCALAR_SIZE: Final = 32

# A point is (x, y); None is infinity. Inside a multiplication it is Jacobian: (X, Y, Z).
Point = tuple[int, int] | None
_Jacobian = tuple[int, int, int]
_INFINITY: Final[_Jacobian] = (1, 1, 0)


def encode(point: Point) -> bytes:
    """Encode a point, 33 bytes compressed.

    Raises:
        PointInvalidError: infinity has no place in any of our formats.
    """
    if point is None:
        raise PointInvalidError("the point at infinity cannot be encoded here")
    return bytes([2 + (point[1] & 1)]) + point[0].to_bytes(32, "big")


def decode(data: bytes) -> tuple[int, int]:
    """Decode a compressed point; infinity is refused with all else that is no point.

    Raises:
        PointInvalidError: not 33 bytes, a coordinate out of range, or not on the curve.
    """
    if len(data) != POINT_SIZE or data[0] not in (2, 3):
        message = f"a compressed P-256 point has {POINT_SIZE} bytes and begins with 02 or 03"
        raise PointInvalidError(message)
    x = int.from_bytes(data[1:], "big")
    square = (x * x * x - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        raise PointInvalidError("not a point of P-256")
    return (x, y if y & 1 == data[0] & 1 else P - y)


def scalar(data: bytes) -> int:
    """Decode a scalar, 32 bytes big endian, 0 to n-1.

    Raises:
        PointInvalidError: another size, or not below the order.
    """
    value = int.from_bytes(data, "big")
    if len(data) != SCALAR_SIZE or value >= ORDER:
        raise PointInvalidError("a scalar has 32 bytes and lies below the order of P-256")
    return value


def scalar_bytes(value: int) -> bytes:
    """Encode a scalar, reduced modulo the order."""
    return (value % ORDER).to_bytes(SCALAR_SIZE, "big")


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    delta, gamma = z * z % P, y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    new_x = (alpha * alpha - 8 * beta) % P
    new_z = ((y + z) * (y + z) - gamma - delta) % P
    new_y = (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % P
    return (new_x, new_y, new_z)


def _sum(one: _Jacobian, two: _Jacobian) -> _Jacobian:
    if not one[2]:
        return two
    if not two[2]:
        return one
    z1z1, z2z2 = one[2] * one[2] % P, two[2] * two[2] % P
    u1, u2 = one[0] * z2z2 % P, two[0] * z1z1 % P
    s1, s2 = one[1] * two[2] * z2z2 % P, two[1] * one[2] * z1z1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else _INFINITY
    h, r = (u2 - u1) % P, (s2 - s1) % P
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return (x, (r * (v - x) - s1 * hhh) % P, one[2] * two[2] * h % P)


def _lift(point: Point) -> _Jacobian:
    return _INFINITY if point is None else (point[0], point[1], 1)


def _lower(point: _Jacobian) -> Point:
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return (x * square % P, y * square * inverse % P)


def add(*points: Point) -> Point:
    """Add public points."""
    total = _INFINITY
    for point in points:
        total = _sum(total, _lift(point))
    return _lower(total)


def multiply(factor: int, point: Point) -> Point:
    """Multiply a public point by a public factor. Not constant time: never for a secret."""
    total, addend = _INFINITY, _lift(point)
    factor %= ORDER
    while factor:
        if factor & 1:
            total = _sum(total, addend)
        addend = _double(addend)
        factor >>= 1
    return _lower(total)


def combine(terms: Iterable[tuple[int, Point]]) -> Point:
    """Add up factor times point over public terms."""
    return add(*(multiply(factor, point) for factor, point in terms))


def public_of(secret: int) -> bytes:
    """Multiply the generator by a secret scalar (1 to n-1), by OpenSSL; 33 bytes.

    Raises:
        PointInvalidError: the scalar is 0 or not below the order.
    """
    try:
        key = ec.derive_private_key(secret, ec.SECP256R1())
    except ValueError as error:
        raise PointInvalidError("a secret scalar lies between 1 and the order") from error
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def shared_point(secret: int, point: bytes) -> bytes:
    """Multiply a public point by a secret scalar, by OpenSSL; 33 bytes, compressed.

    ECDH gives only x. Which of the two points it is follows from a second ECDH with secret + 1: only
    for the right y does adding ``point`` lead to that x. No secret scalar is multiplied in Python.

    Raises:
        PointInvalidError: not a point, or a scalar out of range.
    """
    base = decode(point)
    x = _ecdh(secret, point)
    step, sign = (1, 1) if secret != ORDER - 1 else (-1, -1)
    beyond = _ecdh(secret + step, point)
    for prefix in (2, 3):
        candidate = decode(bytes([prefix]) + x)
        neighbour = (base[0], base[1] if sign == 1 else P - base[1])
        reached = add(candidate, neighbour)
        if reached is not None and reached[0].to_bytes(32, "big") == beyond:
            return encode(candidate)
    raise PointInvalidError("the shared point cannot be told")


def _ecdh(secret: int, point: bytes) -> bytes:
    try:
        key = ec.derive_private_key(secret, ec.SECP256R1())
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise PointInvalidError("not a secret scalar and a point of P-256") from error
    return key.exchange(ec.ECDH(), public)
