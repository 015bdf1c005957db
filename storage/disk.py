"""How much room the disk of a database still has."""

import shutil
from pathlib import Path

# Below this a house takes nothing more in: red before the disk is full.
LEAST_FREE = 200 * 1024 * 1024


def existing_folder(path: Path) -> Path:
    """The folder in which `path` lies or, as long as it has not been made, the nearest one above it that exists."""
    return next((folder for folder in path.absolute().parents if folder.exists()), Path("/"))


def free_bytes(file: Path) -> int:
    """What is free on the disk of `file`; raises OSError where that cannot be told."""
    return shutil.disk_usage(existing_folder(file)).free
