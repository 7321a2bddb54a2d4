"""The client, all in one."""

from cytoreview_client.catalogue import Catalogue
from cytoreview_client.people import People
from cytoreview_client.publishing import Publishing
from cytoreview_client.reviewing import Reviewing


class Client(Catalogue, Reviewing, Publishing, People):
    """A cytoreview server, seen with the eyes of a token's person.

    >>> with Client("https://cells.example.org", token) as client:  # doctest: +SKIP
    ...     for cell in client.cells("mll23", state="disputed"):
    ...         print(cell.id, cell.given_label)
    """
