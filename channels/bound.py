"""Tokens that are bound to a key of ours (DPoP, RFC 9449): who steals one without the key can do nothing with it.

Key and token go through the house as one text, so that they are sealed, rotated, renewed and forgotten together, and no
caller has to know. The wire takes them apart and adds a proof to each call.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

MARK = "DPoP"
MOST_SERVERS = 500
SIZE = 32  # bytes of a number of P-256

_nonces: dict[str, str] = {}  # what each server said last; a forgotten one costs one more call


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Key:
    """An ES256 key. ``text`` is its secret half."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Key:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return cls(b64(number.to_bytes(SIZE, "big")))

    @property
    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(
            int.from_bytes(base64.urlsafe_b64decode(self.text + "=="), "big"), ec.SECP256R1()
        )

    @property
    def public(self) -> dict[str, str]:
        numbers = self._private.public_key().public_numbers()
        x, y = (b64(number.to_bytes(SIZE, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def thumbprint(self) -> str:
        """RFC 7638."""
        return b64(hashlib.sha256(_compact({**self.public}, sort=True)).digest())

    def signed(self, head: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A JWS of these claims."""
        body = f"{b64(_compact({'alg': 'ES256', **head}))}.{b64(_compact(claims))}"
        r, s = decode_dss_signature(self._private.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{body}.{b64(r.to_bytes(SIZE, 'big') + s.to_bytes(SIZE, 'big'))}"


@dataclass(frozen=True)
class Bound:
    """A token and the key that it is bound to. ``token`` may be empty: a proof alone, for asking for one."""

    key: Key
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, text: str) -> Bound | None:
        """Take a text apart; None when it is a token of the usual kind."""
        mark, _, rest = text.partition(" ")
        key, _, token = rest.partition(" ")
        return cls(Key(key), token) if mark == MARK and key else None

    def __str__(self) -> str:
        return f"{MARK} {self.key.text} {self.token}"

    def __repr__(self) -> str:
        return "<bound token>"

    def headers(self, method: str, url: str, origin: str) -> dict[str, str]:
        """The proof for one call; ``url`` without its query."""
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
        }
        if nonce := _nonces.get(origin):
            claims["nonce"] = nonce
        if self.token:
            claims["ath"] = b64(hashlib.sha256(self.token.encode()).digest())
        proof = self.key.signed({"typ": "dpop+jwt", "jwk": self.key.public}, claims)
        return {"DPoP": proof} | ({"Authorization": f"{MARK} {self.token}"} if self.token else {})


def secrets_of(text: str) -> tuple[str, ...]:
    """What must not be read by anybody, of a token of either kind."""
    found = Bound.of(text)
    return (found.token, found.key.text) if found else (text,)


def nonce_is_news(origin: str, answer: Any) -> bool:
    """Keep the server's nonce. True when the call was refused for want of it, so that nothing was done."""
    given = answer.headers.get("dpop-nonce", "")
    if not given:
        return False
    before = _nonces.get(origin)
    if len(_nonces) >= MOST_SERVERS:
        _nonces.clear()
    _nonces[origin] = given
    asked = "use_dpop_nonce" in answer.headers.get("www-authenticate", "") if answer.status == 401 else False
    asked = asked or (answer.status in (400, 401) and answer.data.get("error") == "use_dpop_nonce")
    return asked and given != before


def _compact(value: Mapping[str, Any], *, sort: bool = False) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=sort).encode()
