"""The log: a line for people, or one JSON object a line for machines, each with the id of the request it is about."""

import logging
from typing import Any

from points_bank.observing import request_id
from points_bank.settings import LogFormat, Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s"


class AboutRequest(logging.Filter):
    """Puts the id of the request under way on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        about = request_id()
        record.request_id, record.about = about, f" [{about}]" if about else ""
        return True


def log_config(settings: Settings) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, for the bank and the server it runs in."""
    fields = {"timestamp": True, "rename_fields": {"levelname": "level", "name": "logger"}}
    formats: dict[LogFormat, dict[str, Any]] = {
        LogFormat.TEXT: {"format": TEXT},
        LogFormat.JSON: {
            "()": "pythonjsonlogger.msgspec.MsgspecFormatter",
            "fmt": "{levelname}{name}{message}{request_id}", "style": "{", **fields,
            "reserved_attrs": [*_STANDARD, "about", "color_message"],
        },
    }  # fmt: skip
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": AboutRequest}},
        "formatters": {"lines": formats[settings.log_format]},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["request"]}},
        "root": {"handlers": ["out"], "level": "WARNING"},
        "loggers": {name: {"level": settings.log_level.upper()} for name in ("points_bank", "uvicorn")},
    }


_STANDARD = [*logging.makeLogRecord({}).__dict__, "message", "asctime"]
