"""Making one new file, and only if there is none."""

from pathlib import Path

from inferc.files.reader import reason


def create_file(path: Path, content: bytes) -> str | None:
    """Write a new file at ``path``; return why not where that fails. Nothing is overwritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if path.parent.is_dir():
            return f"error: `{path}` exists already\n  help: it was left as it is; name another folder"
        return f"error: `{path.parent}` is a file\n  help: name a folder, or a name that is free"
    except (OSError, ValueError) as error:
        return f"error: `{path}` cannot be written: {reason(error)}\n  help: name another folder"
    return None
