"""The simulated hotel that all simulators render: seed, commands, activity."""
