"""Topology to files. No target knows another."""
