"""Deterministic simulation: one seed drives a hotel at a vendor's simulator, the network, the
clock, crashes, outages and several processes; see world.py.

    .venv/bin/python -m tests.simulation --seed 7
"""
