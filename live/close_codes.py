"""The close codes of the live protocol."""

GONE = 1006  # never sent: there is nobody to send it to
BROKEN = 1011
RESTARTING = 1012
FULL = 1013
TOO_BIG = 1009
MALFORMED = 4400
SIGNED_OUT = 4401
OTHER_SITE = 4403
TOO_SLOW = 4408
DISMISSED = 4410
FLOOD = 4429

# Why a socket was closed, as the metrics name it.
REASONS = {
    TOO_SLOW: "slow",
    FLOOD: "flood",
    MALFORMED: "malformed",
    TOO_BIG: "too_big",
    FULL: "full",
    SIGNED_OUT: "signed_out",
    DISMISSED: "dismissed",
}
