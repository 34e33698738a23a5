"""Errors of a request as a whole, with the texts of the standard."""

from ports.errors import UnreadableMessage


class UnknownAction(UnreadableMessage, code="unknown_action"):
    """unknown or missing action"""


class UnknownProtocolVersion(UnreadableMessage, code="unknown_protocol_version"):
    """no valid AlpineBits protocol version provided; those from 2015-07b to 2022-10 are known"""


class NoDocument(UnreadableMessage, code="no_document"):
    """no document in the parameter request"""
