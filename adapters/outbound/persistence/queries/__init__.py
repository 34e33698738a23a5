"""Read queries: search with keyset paging, directory of hotels and tokens."""
