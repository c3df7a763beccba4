"""``python -m blynk_webhooks``: the program ``blynk-webhooks``."""

import sys

from ._program import main

if __name__ == "__main__":
    sys.exit(main())
