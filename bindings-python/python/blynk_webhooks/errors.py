"""What can go wrong: one tree, each error also under the built-in that it resembles.

Example::

    try:
        client.get(7)
    except NotFoundError as error:
        print(error.status, error.request_id)
    except TimeoutError:
        ...
"""

from . import _annotations as t  # noqa: F401  # pyright: ignore[reportUnusedImport] - for type hints
from .generated.errors import *  # noqa: F403
from .generated.errors import __all__ as __all__
