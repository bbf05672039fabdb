"""Recorded sessions of Colyseus' own server, played against a Node of ours."""
