#!/bin/sh
# What the cluster lacks, if anything.
# Topology support_chat, plan 65bbe4022a1ba7e39d011ee192b8558aae69cae11245b372bb18cc3644e11ab7.
# Generated: change the .infer file, or patch this one from an overlay of your own.
# Reads the cluster of the current kubectl context; changes nothing. Exit code 1: something lacks.
set -u
lacking=0

need() {
  what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    printf 'ok       %s\n' "$what"
  else
    printf 'lacking  %s\n' "$what"
    lacking=1
  fi
}

nodes() {
  [ "$(kubectl get nodes -l "$2" -o name | wc -l)" -ge "$1" ]
}

offers() {
  kubectl get nodes -o "jsonpath={.items[*].status.allocatable.$1}" | grep -q '[1-9]'
}

default_class() {
  kubectl get storageclass -o yaml | grep -q 'is-default-class: "true"'
}

need 'Prometheus operator' kubectl get crd podmonitors.monitoring.coreos.com
need KEDA kubectl get crd scaledobjects.keda.sh
need 'a default storage class' default_class
need 'nodes that offer nvidia.com/gpu' offers 'nvidia\.com/gpu'
need '1 nodes labelled nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB' nodes 1 nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB
need 'PriorityClass support-chat-sla' kubectl get priorityclass support-chat-sla
need 'namespace envoy-gateway-system' kubectl get namespace envoy-gateway-system
need 'namespace monitoring' kubectl get namespace monitoring

exit "$lacking"
