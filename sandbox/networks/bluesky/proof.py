"""DPoP (RFC 9449) as the server sees it: each call is proven with the client's own key, over the server's latest word."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask import Response, g, jsonify, request

from sandbox.box import Refused

NONCE_S = 180  # so long a word of ours is taken
FRESH_S = 60
SEEN = 500
_SECRET = secrets.token_bytes(32)
_seen: deque[str] = deque(maxlen=SEEN)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def no(name: str, words: str, *, resource: bool) -> Refused:
    """At a token address most are a 400; a wrong proof, and where something is asked for with a token, a 401."""
    response = jsonify(error=name, error_description=words)
    response.status_code = 401 if resource or name == "invalid_dpop_proof" else 400
    if resource:
        response.headers["WWW-Authenticate"] = f'DPoP error="{name}", error_description="{words}"'
    return Refused(response)


def say_nonce(response: Response) -> Response:
    """Whoever uses proofs is told the newest word with every answer."""
    if "nonce" in g:
        response.headers["DPoP-Nonce"] = g.nonce
    return response


def nonce(ago: int = 0) -> str:
    """Our word of the day, so to speak: it changes every minute and a half, and the one before is taken too."""
    turn = int(time.time() / (NONCE_S / 2)) - ago
    return b64(hmac.digest(_SECRET, str(turn).encode(), "sha256"))


def thumbprint(*, token: str = "", resource: bool = False) -> str:
    """Who is calling: the thumbprint of the key that the proof is signed with. Refuses a proof that is none."""
    g.nonce = nonce()
    text = request.headers.get("DPoP", "")
    if not text:
        raise no("invalid_dpop_proof", "DPoP proof required", resource=resource)
    try:
        head, claims = _opened(text)
        jwk = head["jwk"]
        wrong = (
            head.get("typ") != "dpop+jwt" or claims["htm"] != request.method or claims["htu"] != request.base_url
            or abs(int(claims["iat"]) - time.time()) > FRESH_S or not claims["jti"]
            or (token and claims.get("ath") != b64(hashlib.sha256(token.encode()).digest()))
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, InvalidSignature) as problem:
        raise no("invalid_dpop_proof", "DPoP proof cannot be verified", resource=resource) from problem
    if wrong:
        raise no("invalid_dpop_proof", "DPoP proof does not fit the request", resource=resource)
    if claims.get("nonce") not in {nonce(), nonce(1)}:
        raise no("use_dpop_nonce", "Authorization server requires nonce in DPoP proof", resource=resource)
    if claims["jti"] in _seen:
        raise no("invalid_dpop_proof", "DPoP proof replayed", resource=resource)
    _seen.append(claims["jti"])
    public = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return b64(hashlib.sha256(json.dumps(public, separators=(",", ":"), sort_keys=True).encode()).digest())


def _opened(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims of a JWS that its own key has signed."""
    first, second, third = proof.split(".")
    head, claims, signature = json.loads(raw(first)), json.loads(raw(second)), raw(third)
    if head["alg"] != "ES256" or head["jwk"]["crv"] != "P-256" or "d" in head["jwk"] or len(signature) != 64:
        raise ValueError("not an ES256 key")
    x, y = (int.from_bytes(raw(head["jwk"][name]), "big") for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    dss = encode_dss_signature(*(int.from_bytes(part, "big") for part in (signature[:32], signature[32:])))
    key.verify(dss, f"{first}.{second}".encode(), ec.ECDSA(hashes.SHA256()))
    return head, claims
