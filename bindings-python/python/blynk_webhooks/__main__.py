"""``python -m blynk_webhooks``: the program ``blynk-webhooks``."""

import sys

from ._program import main

sys.exit(main())
