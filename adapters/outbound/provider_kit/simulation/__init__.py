"""What every simulator is built from; `authoring` is its public interface."""
