"""What the Cloud API's error codes mean; the rest is read as Meta's other networks are. Pure.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (of 18 June 2026), as mirrored
and read on 2026-11-23; codes marked C were seen by others only.
"""

from __future__ import annotations

from channels.connectors.base import OutcomeKind

K = OutcomeKind
_SETUP = "Look into WhatsApp Manager."

# code → meaning, words for the owner, seconds to wait
MEANINGS: dict[int, tuple[OutcomeKind, str, float | None]] = {
    0: (K.AUTH, "WhatsApp no longer accepts our key.", None),
    3: (K.PERMISSION, "Our app may not send messages for this number; a permission is missing.", None),
    33: (K.CONTENT, "WhatsApp does not know (any more) what this refers to.", None),  # C
    130429: (K.RATE, "The number sends more messages a second than WhatsApp allows.", 5.0),
    130472: (
        K.CONTENT,
        "WhatsApp holds this person in an experiment and delivers no such messages to them.",
        None,
    ),
    130497: (K.PERMISSION, "WhatsApp does not let this business write to people in that country.", None),
    131000: (K.UNKNOWN, "WhatsApp had an unexplained failure.", None),
    131005: (K.PERMISSION, "Our app may not send messages for this number; a permission is missing.", None),
    131008: (K.CONTENT, "WhatsApp misses something in this message.", None),
    131009: (K.CONTENT, "WhatsApp does not take something in this message.", None),
    131016: (K.UNKNOWN, "WhatsApp is out of service for the moment.", None),
    131021: (K.CONTENT, "The number cannot write to itself.", None),
    131026: (K.CONTENT, "This person cannot be reached on WhatsApp.", None),
    131030: (K.CONTENT, "The number is a test number, and this person is not on its list of testers.", None),
    131031: (K.PERMISSION, f"WhatsApp has locked the business account. {_SETUP}", None),
    131037: (K.PERMISSION, f"The number's display name is not approved yet. {_SETUP}", None),
    131042: (K.PERMISSION, f"There is no valid way to pay for messages. {_SETUP}", None),
    131044: (K.PERMISSION, f"There is no valid way to pay for messages. {_SETUP}", None),
    131045: (K.PERMISSION, f"The number is not registered properly. {_SETUP}", None),
    131047: (
        K.CONTENT,
        "More than 24 hours have passed since this person wrote. Only an approved template reaches them.",
        None,
    ),
    131048: (
        K.PERMISSION,
        f"WhatsApp has restricted the number: too many people reported its messages. {_SETUP}",
        None,
    ),
    131049: (
        K.CONTENT,
        "WhatsApp holds this message back, because the person gets many of its kind. Not before a day.",
        None,
    ),
    131050: (K.CONTENT, "This person wants no marketing messages. Take them off the list.", None),
    131051: (K.CONTENT, "WhatsApp does not take this kind of message.", None),
    131052: (K.CONTENT, "WhatsApp could not download the file.", None),
    131053: (K.CONTENT, "WhatsApp could not take the file.", None),
    131056: (K.RATE, "Too many messages to the same person in a short time.", 10.0),
    131057: (K.UNKNOWN, "The number is under maintenance.", None),
    131062: (K.CONTENT, "This kind of message cannot be sent to somebody who hides their number.", None),
    131063: (K.CONTENT, "Marketing templates are switched off for this number.", None),
    131064: (
        K.PERMISSION,
        f"WhatsApp has restricted the number for wrongly classed templates. {_SETUP}",
        None,
    ),
    132000: (K.CONTENT, "The template wants another number of values.", None),
    132001: (K.CONTENT, "There is no such template in this language, or it is not approved.", None),
    132005: (K.CONTENT, "The template's text becomes too long.", None),
    132007: (K.CONTENT, "WhatsApp says that the template breaks its rules.", None),
    132008: (K.CONTENT, "The template does not fit.", None),
    132012: (K.CONTENT, "The template wants other values.", None),
    132015: (K.CONTENT, "WhatsApp has paused the template: people did not like it.", None),
    132016: (K.CONTENT, "WhatsApp has switched the template off for good.", None),
    132018: (K.CONTENT, "The template wants other values.", None),  # C
    132068: (K.CONTENT, "The flow in the template is blocked.", None),
    132069: (K.RATE, "The flow in the template is used too often.", 600.0),
    133010: (K.PERMISSION, f"The number is not registered. {_SETUP}", None),  # C
    133016: (K.RATE, "The number was registered too often; WhatsApp wants us to wait.", 3600.0),
    135000: (K.CONTENT, "WhatsApp does not take this message.", None),
    137000: (K.CONTENT, "This person's identity on WhatsApp has changed and must be checked first.", None),
}
