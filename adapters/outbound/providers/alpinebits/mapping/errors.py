"""Errors of a request as a whole, with the texts of the standard."""

from ports.errors import UnreadableMessage


class UnknownAction(UnreadableMessage):
    """unknown or missing action"""

    code = "unknown_action"


class UnknownProtocolVersion(UnreadableMessage):
    """no valid AlpineBits protocol version provided; those from 2015-07b to 2022-10 are known"""

    code = "unknown_protocol_version"


class NoDocument(UnreadableMessage):
    """no document in the parameter request"""

    code = "no_document"
