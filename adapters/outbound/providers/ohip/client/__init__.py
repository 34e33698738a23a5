"""The OPERA Cloud API: requests, paging, pull phases, checkpoints."""
