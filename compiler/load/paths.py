"""Paths of imports: texts with slashes, joined without asking a file system."""


def folder_of(path: str) -> str:
    """Return ``path`` up to its last slash, without it; empty where there is none."""
    cut = max(path.rfind("/"), path.rfind("\\"))
    return path[:cut] if cut > 0 else path[: cut + 1]


def base_of(path: str) -> str:
    """Return the last name of ``path``."""
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]


def join(folder: str, relative: str) -> str:
    """Return ``relative`` seen from ``folder``, with ``.`` and ``..`` worked out.

    Leading ``..`` stay where the folder has no more names to take away.
    """
    absolute = folder.startswith("/")
    names: list[str] = []
    for name in f"{folder}/{relative}".replace("\\", "/").split("/"):
        if name == ".." and names and names[-1] != "..":
            names.pop()
        elif name == ".." and absolute:
            continue
        elif name not in {"", "."}:
            names.append(name)
    return ("/" if absolute else "") + "/".join(names)


def stem_of(path: str) -> str:
    """Return the last name of ``path`` without ``.infer``."""
    return base_of(path).removesuffix(".infer")
