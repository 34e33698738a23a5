"""What provider adapters are built from; `authoring` is its public interface."""
