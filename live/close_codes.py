"""Close codes of the live protocol."""

CONNECTION_LOST = 1006  # never sent, only recorded
MESSAGE_TOO_BIG = 1009
INTERNAL_ERROR = 1011
RESTARTING = 1012
SERVER_FULL = 1013
MALFORMED = 4400
SIGNED_OUT = 4401
FORBIDDEN = 4403
TOO_SLOW = 4408
DISCONNECTED_BY_ADMIN = 4410
FLOODING = 4429

# Labels of the metric that counts closed sockets.
REASONS = {
    TOO_SLOW: "slow",
    FLOODING: "flood",
    MALFORMED: "malformed",
    MESSAGE_TOO_BIG: "too_big",
    SERVER_FULL: "full",
    SIGNED_OUT: "signed_out",
    DISCONNECTED_BY_ADMIN: "dismissed",
}
