"""Everything that an attacker may send, over real sockets, to a Node that runs."""
