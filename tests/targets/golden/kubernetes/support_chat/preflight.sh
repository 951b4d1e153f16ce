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

# A class does not say who may mount its volumes: these make disks, which one node at a time may.
many_nodes() {
  if [ "$#" -gt 0 ]; then
    found=$(kubectl get storageclass "$1" -o 'jsonpath={.provisioner}')
  else
    found=$(kubectl get storageclass -o 'jsonpath={.items[?(@.metadata.annotations.storageclass\.kubernetes\.io/is-default-class=="true")].provisioner}')
  fi
  [ -n "$found" ] || return 1
  for provisioner in $found; do
    case $provisioner in
    ebs.csi.aws.com | ebs.csi.eks.amazonaws.com | kubernetes.io/aws-ebs) return 1 ;;
    pd.csi.storage.gke.io | kubernetes.io/gce-pd) return 1 ;;
    disk.csi.azure.com | kubernetes.io/azure-disk) return 1 ;;
    cinder.csi.openstack.org | kubernetes.io/cinder | dobs.csi.digitalocean.com) return 1 ;;
    linodebs.csi.linode.com | csi.hetzner.cloud | *rbd.csi.ceph.com | topolvm.io) return 1 ;;
    rancher.io/local-path | *hostpath | openebs.io/local) return 1 ;;
    esac
  done
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
