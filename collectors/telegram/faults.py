"""What Telegram's errors mean for one source, and for all of them."""

from __future__ import annotations

from telethon import errors

from collectors.batches import CollectorError, SourceUnavailable

# A person must act on these; the words are completed by the source's address.
_REASONS: tuple[tuple[type[errors.RPCError], str], ...] = (
    (
        errors.ChannelPrivateError,
        "is private, or this account was banned from it: join it with the account, or remove it",
    ),
    (errors.ChannelPublicGroupNaError, "is not available to this account"),
    (errors.ChatForbiddenError, "is closed to this account"),
    (errors.ChatAdminRequiredError, "shows its messages to administrators only"),
    (errors.UsernameNotOccupiedError, "is the name of nobody: it was renamed or deleted; write its new name"),
    (errors.UsernameInvalidError, "is no name that Telegram allows; check its spelling"),
    (errors.MsgIdInvalidError, "has no message of this number any more"),
    (errors.InviteHashExpiredError, "is an invitation that has expired"),
    (errors.InviteHashInvalidError, "is no valid invitation"),
    (errors.ChannelInvalidError, "is no channel that this account can see; it was deleted, or the account changed"),
    (errors.PeerIdInvalidError, "is no chat that this account can see; it was deleted, or the account changed"),
    (errors.ChatIdInvalidError, "is no group that this account is in"),
)
_SIGNED_OUT = (
    errors.AuthKeyError,
    errors.UnauthorizedError,
    errors.AuthKeyDuplicatedError,
)
_MIGRATED = ("CHAT_MIGRATED", "CHANNEL_MIGRATED")


def explained(error: errors.RPCError, address: str) -> CollectorError:
    """The error in words, as one that marks the source."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return SourceUnavailable(f"{address} {words} (Telegram: {name_of(error)})")
    if name_of(error) in _MIGRATED:
        return SourceUnavailable(f"{address} has become another group; write the new group's name or number")
    if isinstance(error, _SIGNED_OUT):
        return CollectorError(f"the Telegram session is no longer valid ({name_of(error)}). Run: pikir login")
    return CollectorError(f"{address}: Telegram answers {error.code} {name_of(error)}; the next run tries again")


def name_of(error: errors.RPCError) -> str:
    """The error's name as Telegram writes it, for example CHANNEL_PRIVATE."""
    # Errors that Telethon has no class for carry Telegram's own words; the others have them as the name of the class.
    if type(error).__module__ == errors.rpcbaseerrors.__name__ and error.message:
        return str(error.message)
    words = type(error).__name__.removesuffix("Error")
    return "".join(f"_{letter}" if letter.isupper() and place else letter for place, letter in enumerate(words)).upper()
