"""The rules of the gate, one per module, in the order of their ids."""
