"""Say what is missing before the environment is built: a new enough Python that can make environments."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "cytoreview needs Python 3.11 or newer, this one is %d.%d. Name another: make setup PYTHON=python3.12"
        % sys.version_info[:2]
    )

try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("This Python cannot make virtual environments. On Debian: apt-get install python3-venv")
