"""Pushed items and document exchange; `apply_items` merges snapshots into the replica."""
