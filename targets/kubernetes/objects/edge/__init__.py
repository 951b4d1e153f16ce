"""Where requests come in: gateways, routes, and who picks the replica that answers."""
