"""The AlpineBits API: requests, paging, pull phases, checkpoints."""
