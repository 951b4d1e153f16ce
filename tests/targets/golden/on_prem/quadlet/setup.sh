#!/bin/sh
# Makes what the containers find on the machine.
# Topology box, plan 0f538876c67aa1cff41cf8febbacdb8e788c995f29600cea8daab495cc8d7efc.
# Generated: change the .infer file, or patch this one from an overlay of your own.
# Run it as root, once, and again after each compilation: it makes what is missing, deletes nothing.
set -eu
directory=/srv/inferc/box

folder() {
  install -d -m "$3" -o "${2%:*}" -g "${2#*:}" "$directory/$1"
}

folder models 10001:10001 0755
folder secrets 0:0 0711
folder cache/chat-0 10001:10001 0755
folder cache/chat-1 10001:10001 0755
folder prometheus 65534:65534 0755
folder grafana 472:0 0755

# A secret is a file that only its reader may read; one that says something stays.
secret() {
  if [ ! -s "$directory/$1" ]; then
    rm -f "$directory/$1"
    (umask 077 && cat > "$directory/$1")
    chown "$2" "$directory/$1"
    chmod 0400 "$directory/$1"
  fi
}

printf '%s' "${HF_TOKEN:-}" | secret secrets/hf-token 10001:10001
head -c 24 /dev/urandom | base64 | secret secrets/grafana-admin 472:0

# Podman's generator reads units of the system here.
cd "$(dirname "$0")"
install -d /etc/containers/systemd "$directory/config"
cp -R config/. "$directory/config/"
chmod -R a+rX "$directory/config"
install -m 0644 units/* /etc/containers/systemd/
systemctl daemon-reload
