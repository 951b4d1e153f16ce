"""What happens to pods while something is rolled out: every step of it, not a look now and then."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Final
from urllib.parse import quote

from support.cluster import Cluster, Object
from support.cluster_checks import is_ready

SETTLE_LIMIT_S: Final = 30


@dataclass(slots=True, kw_only=True)
class Film:
    """The pods of a service from one change to the next."""

    frames: list[dict[str, Object]] = field(default_factory=list[dict[str, Object]])
    """After each event the pods there were, by name."""

    @property
    def living(self) -> list[int]:
        """How many pods there were that nobody had told to end."""
        return [
            sum("deletionTimestamp" not in pod["metadata"] for pod in frame.values())
            for frame in self.frames
        ]

    @property
    def ready(self) -> list[int]:
        """How many pods answered."""
        return [sum(is_ready(pod) for pod in frame.values()) for frame in self.frames]

    @property
    def names(self) -> set[str]:
        """All pods that there ever were."""
        return {name for frame in self.frames for name in frame}


@contextmanager
def filmed(cluster: Cluster, namespace: str, selector: str) -> Iterator[Film]:
    """Yield what happens to the pods with ``selector`` while the block runs.

    The film begins with the pods that are there. It is complete when the block has ended.
    """
    film = Film()
    pods = f"/api/v1/namespaces/{namespace}/pods?labelSelector={quote(selector)}"
    listed = json.loads(cluster.kubectl("get", "--raw", pods).out)
    film.frames.append({pod["metadata"]["name"]: pod for pod in listed["items"]})
    since = listed["metadata"]["resourceVersion"]
    watch = f"{pods}&watch=1&resourceVersion={since}"
    command = [str(cluster.programs["kubectl"]), "get", "--raw", watch]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=cluster.environment,
        text=True,
    )
    reader = threading.Thread(target=_read, args=(process, film), daemon=True)
    reader.start()
    try:
        yield film
    finally:
        process.terminate()
        reader.join(SETTLE_LIMIT_S)
        process.wait(SETTLE_LIMIT_S)


def _read(process: "subprocess.Popen[str]", film: Film) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        _add(lines, film)


def _add(lines: IO[str], film: Film) -> None:
    for line in lines:
        event = json.loads(line)
        pod = event["object"]
        if pod.get("kind") != "Pod":
            continue
        frame = dict(film.frames[-1])
        if event["type"] == "DELETED":
            frame.pop(pod["metadata"]["name"], None)
        else:
            frame[pod["metadata"]["name"]] = pod
        film.frames.append(frame)
