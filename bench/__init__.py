"""One script per claim about speed, each against a floor measured in the same run."""
