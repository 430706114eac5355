"""What the Docker Engine (or Podman) answers over its socket."""

import http.client
import json
import socket as sockets
from typing import Any, List, Optional

from cloudsnooze_plugin import Unknown, seconds_left


class _UnixConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = sockets.socket(sockets.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def ask(socket: str, path: str) -> Any:
    """The Engine's answer as JSON. Raises OSError or Unknown."""
    (told,) = ask_all(socket, [path])
    if told is None:
        raise Unknown(f"{socket} answered something that is no Docker's")
    return told


def ask_all(socket: str, paths: List[str]) -> List[Optional[Any]]:
    """The Engine's answers as JSON, None for a container that is gone or has ended. Raises OSError or Unknown.

    All are asked for before one is read: what containers use, Docker 20.10 tells once a second.
    """
    connections: List[_UnixConnection] = []
    answers = []
    path = ""
    try:
        for path in paths:
            connections.append(_UnixConnection(socket, timeout=max(0.5, 0.8 * seconds_left(10))))
            connections[-1].request("GET", path, headers={"Host": "docker"})
        for path, connection in zip(paths, connections):
            answers.append(_read(connection))
    except (http.client.HTTPException, ValueError):
        raise Unknown(f"{socket} answered something that is no Docker's") from None
    except sockets.timeout:
        raise Unknown(f"Docker did not answer {path.split('?')[0]} in time") from None
    except PermissionError:
        raise Unknown(f"{socket}: permission denied; add the daemon's user to the group docker") from None
    finally:
        for connection in connections:
            connection.close()
    return answers


def _read(connection: _UnixConnection) -> Optional[Any]:
    answer = connection.getresponse()
    text = answer.read()
    if answer.status in (404, 409) or (answer.status == 200 and not text):
        return None  # it went away before the question, or while the Engine was about to answer
    told = json.loads(text)
    if answer.status != 200:
        raise Unknown(f"Docker answered {answer.status}: {told.get('message', '')}")
    return told
