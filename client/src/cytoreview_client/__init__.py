"""Python client for cytoreview servers."""

from cytoreview_client.client import Client
from cytoreview_client.errors import (
    Conflict,
    CytoreviewError,
    DamagedDownload,
    Forbidden,
    Invalid,
    JobFailed,
    NotFound,
    NotSignedIn,
    ServerFault,
    TooMany,
    Unreachable,
)
from cytoreview_client.models import Adjudication, CellFilter, Review, RoundSettings

__all__ = [
    "Adjudication",
    "CellFilter",
    "Client",
    "Conflict",
    "CytoreviewError",
    "DamagedDownload",
    "Forbidden",
    "Invalid",
    "JobFailed",
    "NotFound",
    "NotSignedIn",
    "Review",
    "RoundSettings",
    "ServerFault",
    "TooMany",
    "Unreachable",
]
