"""Who is asking: a signed session that ends, with nothing but the standard library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

ACCOUNTS = {"ada": "analytical", "grace": "compiler"}
"""The people of this example and their passwords, in the clear because they are nobody's."""


def authenticate(name: str, password: str) -> bool:
    """Whether these are the name and password of somebody. Put your identity provider here."""
    expected = ACCOUNTS.get(name, "")
    return hmac.compare_digest(expected.encode(), password.encode()) and name in ACCOUNTS


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in, until `expires` (seconds since the epoch)."""

    user_id: str
    expires: float

    @property
    def expires_in(self) -> float:
        """Seconds that are left."""
        return self.expires - time.time()


class Sessions:
    """Makes tokens and reads them. Nothing is stored: a token is valid because only the server can sign it."""

    def __init__(self, secret: bytes, lifetime: float) -> None:
        self._secret, self.lifetime = secret, lifetime

    def issue(self, user_id: str) -> str:
        """A token that says who this is for `lifetime` seconds."""
        content = json.dumps([user_id, time.time() + self.lifetime]).encode()
        body = base64.urlsafe_b64encode(content).decode()
        return f"{body}.{self._signature(body)}"

    def read(self, token: str) -> Session | None:
        """Whose token it is; None when it was not made here, was changed, or has expired."""
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            return None
        user_id, expires = json.loads(base64.urlsafe_b64decode(body))
        session = Session(user_id, expires)
        return session if session.expires_in > 0 else None

    def _signature(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).hexdigest()
