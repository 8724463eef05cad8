"""How WhatsApp lets us in: a system user's token and the numbers of the phone and of the business account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.connectors.abilities import ConnectField
from channels.connectors.meta import VERSION, every
from channels.oauth import Account, Flow, Grant, OAuthFailed
from channels.wire import WireError

PHONE_FIELDS = (
    "id,verified_name,display_phone_number,quality_rating,status,name_status,"
    "whatsapp_business_manager_messaging_limit"
)


class WhatsAppFlow(Flow):
    platform = "whatsapp"
    label = "WhatsApp"
    redirects = False
    needs_app = False  # it is only needed for what WhatsApp calls to us, and to learn when a token ends
    tells_end = False
    scopes = {
        "whatsapp_business_messaging": "send messages from the number",
        "whatsapp_business_management": "see the number, its limits and its templates",
    }
    fields = (
        ConnectField(
            "phone",
            "Phone number ID",
            "The long number beside the telephone number, in WhatsApp Manager or on the app's page “API Setup”.",
            sample="106540350000101",
            placeholder="106540352242922",
        ),
        ConnectField(
            "business",
            "WhatsApp Business Account ID",
            "On the same page. Templates belong to it.",
            sample="102290120000001",
            placeholder="102290129340398",
        ),
        ConnectField(
            "token",
            "System user's access token",
            "Business settings → System users → Generate token, with both permissions below and without an end.",
            secret=True,
            sample="sandbox-system-token",
            max_length=1000,
        ),
    )

    def sign_in(self, answers: Mapping[str, str]) -> Grant:
        for name, label in (("phone", "phone number ID"), ("business", "business account ID")):
            if not answers[name].isdigit():
                raise OAuthFailed(f"The {label} is a number of about fifteen digits, not a telephone number.")
        token = answers["token"]
        found = self._get(token, "me/permissions").get("data") or []
        scopes = tuple(str(row.get("permission")) for row in found if row.get("status") == "granted")
        told, ends = self._end(token)
        more = {"phone": answers["phone"], "business": answers["business"], "tells_end": told}
        return Grant(token, expires_at=ends, scopes=scopes, extra=more)

    def _end(self, token: str) -> tuple[bool, datetime | None]:
        """Whether WhatsApp tells when the token ends, and when (None: never). Only our app may ask."""
        app, secret = self.network["client_id"], self.network["client_secret"]
        if not app or not secret:
            return False, None
        url = f"{self._base}/debug_token"
        try:
            found = self.read(self.wire(f"{app}|{secret}").get(url, params={"input_token": token}))["data"]
            ends = int(found["expires_at"])
            return True, datetime.fromtimestamp(ends, UTC) if ends else None
        except (OAuthFailed, WireError, KeyError, TypeError, ValueError, OverflowError):
            return False, None

    def accounts(self, grant: Grant) -> list[Account]:
        """The number that was named, if it belongs to the business account; its calls to us are switched on."""
        business, token = str(grant.extra["business"]), grant.access_token
        path = f"{business}/phone_numbers"
        listed = every(lambda after: self._get(token, path, fields=PHONE_FIELDS, limit="100", **after))
        phone = next((row for row in listed if str(row.get("id")) == grant.extra["phone"]), None)
        if phone is None:
            raise OAuthFailed("The business account has no number with this phone number ID.")
        subscribed = self.wire(token).post(f"{self._base}/{business}/subscribed_apps")
        return [
            Account(
                remote_id=str(phone["id"]),
                handle=str(phone.get("display_phone_number") or phone["id"]),
                name=str(phone.get("verified_name") or ""),
                url=chat_url(self.network, str(phone.get("display_phone_number") or "")),
                access_token=token,
                expires_at=grant.expires_at,
                facts=facts_of(phone)
                | {
                    "business": business,
                    "calls_us": subscribed.ok,
                    "tells_end": grant.extra.get("tells_end", False),
                },
                extra={"business": business},
            )
        ]

    @property
    def _base(self) -> str:
        return f"{self.network['graph']}/{VERSION}"

    def _get(self, token: str, path: str, **params: str) -> dict[str, Any]:
        return self.read(self.wire(token).get(f"{self._base}/{path}", params=params or None))


def chat_url(network: Mapping[str, str], display: str) -> str:
    """Where anybody can begin to write to the number."""
    return f"{network['site']}/{''.join(c for c in display if c.isdigit())}"


def facts_of(phone: Mapping[str, Any]) -> dict[str, Any]:
    """What a number says of itself. ``people_a_day``: how many it may write to first in 24 hours; None: untold or any."""
    tier = str(phone.get("whatsapp_business_manager_messaging_limit") or "")
    size = tier.removeprefix("TIER_")
    most = (
        int(size.removesuffix("K")) * (1000 if size.endswith("K") else 1)
        if size.rstrip("K").isdigit()
        else None
    )
    return {
        "quality": str(phone.get("quality_rating") or ""),
        "status": str(phone.get("status") or ""),
        "people_a_day": most,
    }
