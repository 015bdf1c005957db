"""Runs the command line as people do: in a process of its own, in a folder of its own, with an environment of its own.

`python_m_bot` starts the interpreter anew. `run_command` saves the seconds of importing: its processes are forked from
one that has imported everything and done nothing yet; from there on they are the same.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHIN = 60.0  # seconds
IMPORTED_BEFORE = [
    "alembic.command",
    "alembic.config",
    "alembic.runtime.migration",
    "alembic.script",
    "bot.cli.main",
    "bot.doctor.botapi",
    "bot.doctor.examination",
    "bot.runtime.logs",
    "bot.serve",
    "encodings.idna",
]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    said: str  # on standard error


def python_m_bot(folder: Path, *arguments: str, **variables: str) -> Done:
    """`python -m bot …` in `folder`, its output piped to us."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "bot", *arguments], cwd=folder, env=environment(variables), capture_output=True
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This environment without settings of the product, but with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHUIQIAO_") and name != "PORT"}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **variables}


def run_command(
    folder: Path, *arguments: str, user: int | None = None, largest_file: int | None = None, **variables: str
) -> Done:
    """A command in `folder`, as another user (by number) or with a limit to how large its files may grow (bytes)."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED_BEFORE)
    (out, out_end), (said, said_end) = context.Pipe(duplex=False), context.Pipe(duplex=False)
    process = context.Process(
        target=_command, args=(folder, arguments, environment(variables), out_end, said_end, user, largest_file)
    )
    process.start()
    out_end.close()
    said_end.close()
    with ThreadPoolExecutor(2) as threads:
        texts = [threads.submit(_read, pipe) for pipe in (out, said)]
        process.join(WITHIN)
        late = process.exitcode is None
        process.terminate()
        process.join()
    assert not late, f"still running after {WITHIN} s: {texts[1].result()}"
    return Done(process.exitcode or 0, texts[0].result(), texts[1].result())


def contents(folder: Path) -> dict[str, str]:
    """Every file below `folder` and a hash of what is in it; folders and empty lock files have nothing to compare."""
    return {
        str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not (file.suffix == ".lock" and file.stat().st_size == 0)
    }


def _read(pipe: Connection) -> str:
    with pipe, os.fdopen(os.dup(pipe.fileno()), encoding="utf-8") as stream:
        return stream.read()


def _command(
    folder: Path,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    out: Connection,
    said: Connection,
    user: int | None,
    largest_file: int | None,
) -> None:
    for stream, pipe in ((1, out), (2, said)):
        os.dup2(pipe.fileno(), stream)
        pipe.close()
    # The streams that Python opened when it started took the files of that moment for what they were.
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", encoding="utf-8", closefd=False) for stream in (1, 2))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    sys.argv = ["bot", *arguments]
    from bot.cli.main import main

    main()
