"""What a route may ask the application for: the store of pictures and files."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.images.store import BlobStore


async def the_blobs(request: Request) -> BlobStore:
    """The one blob store."""
    return cast(BlobStore, request.app.state.blobs)


Blobs = Annotated[BlobStore, Depends(the_blobs)]
