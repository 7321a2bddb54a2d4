"""The log: lines that say what happened and, by name, what belongs to it; on the standard library's logging."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class Log:
    """Where a room says what it does: ``log.info("job done", job=pid)``."""

    def __init__(self, name: str, **about: Any) -> None:
        self._name = name
        self._about = about
        self._logger = logging.getLogger(f"cytoreview.{name}")

    def bind(self, **about: Any) -> "Log":
        """The same log, whose lines all say this as well."""
        return Log(self._name, **self._about, **about)

    def info(self, event: str, **about: Any) -> None:
        """What went as it should."""
        self._logger.info(event, extra={"about": self._about | about})

    def warning(self, event: str, **about: Any) -> None:
        """What somebody should look at."""
        self._logger.warning(event, extra={"about": self._about | about})

    def exception(self, event: str, **about: Any) -> None:
        """A defect, with the traceback of the exception that is being handled."""
        self._logger.error(event, exc_info=sys.exc_info(), extra={"about": self._about | about})


class Lines(logging.Formatter):
    """A line for people, or a JSON object for machines."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback follows it, or is one of its fields."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level, event = record.levelname.lower(), record.getMessage()
        about: dict[str, Any] = getattr(record, "about", {})
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self._as_json:
            line = {"timestamp": at, "level": level, "logger": record.name, "event": event} | about
            return json.dumps(line | ({"exception": trace} if trace else {}), default=str, ensure_ascii=False)
        words = " ".join([f"{at} [{level}] {event}", *(f"{name}={shown(value)}" for name, value in about.items())])
        return f"{words}\n{trace}" if trace else words


def shown(value: object) -> str:
    """A value as it stands in a line: quoted where blanks or line ends would break the line up."""
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(text)


def configure(kind: str = "text", level: int = logging.INFO) -> None:
    """Lines go to standard error: ours from this level on, those of libraries from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(as_json=kind == "json"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("cytoreview").setLevel(level)
    # No line names threads, processes or tasks, so no record needs to ask for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
