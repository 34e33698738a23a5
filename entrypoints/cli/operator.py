"""Who runs a command."""

import os
import pwd
import socket

from domain.audit import Actor, AuditChannel


def current_operator() -> Actor:
    """The user of this process by its id: variables such as USER name whom one likes."""
    return Actor(channel=AuditChannel.CLI, name=_user_name(os.getuid()), label=socket.gethostname())


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
