// Podman's generator: what it makes of a unit is what systemd starts.
module inferc.test/programs/quadlet

go 1.26.0

tool github.com/containers/podman/v5/cmd/quadlet

require github.com/containers/podman/v5 v5.6.2

require github.com/containers/storage v1.59.1 // indirect
