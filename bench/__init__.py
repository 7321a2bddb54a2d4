"""Speed and size, each figure beside a floor that was measured in the same run: ``python -m bench``."""
