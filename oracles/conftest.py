"""What the cross-checks need of the checkout: the statistics are pure, so they run beside other libraries' NumPy."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
