"""Types for annotations: what calls and specifications take, key by key.

Nothing of this package imports this module at run time; import it where you annotate functions of your own::

    from blynk_webhooks.types import CallOptions
"""

from .generated.types import *  # noqa: F403
from .generated.types import __all__ as __all__
