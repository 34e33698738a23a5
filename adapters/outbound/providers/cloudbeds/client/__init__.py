"""The Cloudbeds API: requests, paging, pull phases, checkpoints."""
