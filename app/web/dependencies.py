"""What a route may ask the application for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.database import Database as DatabaseClass
from app.settings import Settings as SettingsClass


async def the_database(request: Request) -> DatabaseClass:
    """The one database."""
    return cast(DatabaseClass, request.app.state.database)


async def the_settings(request: Request) -> SettingsClass:
    """What the operator has set."""
    return cast(SettingsClass, request.app.state.settings)


Database = Annotated[DatabaseClass, Depends(the_database)]
Settings = Annotated[SettingsClass, Depends(the_settings)]
