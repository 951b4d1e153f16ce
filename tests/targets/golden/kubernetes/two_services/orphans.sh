#!/bin/sh
# What earlier plans have left in the cluster.
# Topology support_chat, plan 0a906ccb3a9d9089444ae4359664ae61a15a0edfe35afedfbbb95df95f447964.
# Generated: change the .infer file, or patch this one from an overlay of your own.
# Reads the cluster of the current kubectl context; changes nothing.
# Exit code 1: something is left of an earlier plan. 2: not everything could be looked at.
set -u
namespace=llm
selector=app.kubernetes.io/managed-by=inferc,app.kubernetes.io/part-of=support-chat
unseen=0
left=''
volumes=''

planned() {
  case $1 in
  configmap/chat-dashboard) return 0 ;;
  configmap/tagger-dashboard) return 0 ;;
  deployment.apps/chat) return 0 ;;
  deployment.apps/tagger) return 0 ;;
  horizontalpodautoscaler.autoscaling/tagger) return 0 ;;
  job.batch/chat-prefetch-a0ac133b5c) return 0 ;;
  job.batch/tagger-prefetch-bbc45fd422) return 0 ;;
  namespace/llm) return 0 ;;
  networkpolicy.networking.k8s.io/chat-engine) return 0 ;;
  networkpolicy.networking.k8s.io/chat-prefetch) return 0 ;;
  networkpolicy.networking.k8s.io/deny-all) return 0 ;;
  networkpolicy.networking.k8s.io/tagger-engine) return 0 ;;
  networkpolicy.networking.k8s.io/tagger-prefetch) return 0 ;;
  persistentvolumeclaim/chat-weights-b598f47a2b) return 0 ;;
  persistentvolumeclaim/tagger-weights-8fd37191fc) return 0 ;;
  poddisruptionbudget.policy/tagger) return 0 ;;
  podmonitor.monitoring.coreos.com/chat) return 0 ;;
  podmonitor.monitoring.coreos.com/tagger) return 0 ;;
  priorityclass.scheduling.k8s.io/llm-sla) return 0 ;;
  prometheusrule.monitoring.coreos.com/chat) return 0 ;;
  prometheusrule.monitoring.coreos.com/tagger) return 0 ;;
  resourcequota/accelerators) return 0 ;;
  service/chat) return 0 ;;
  service/tagger) return 0 ;;
  serviceaccount/chat) return 0 ;;
  serviceaccount/tagger) return 0 ;;
  esac
  return 1
}

look() {
  if ! found=$(kubectl get "$1" -n "$namespace" -l "$selector" -o name 2>&1); then
    case $found in
    *"doesn't have a resource type"*) return ;; # then there are none
    esac
    printf 'unseen   %s: %s\n' "$1" "$found"
    unseen=1
    return
  fi
  for object in $found; do
    planned "$object" && continue
    case $object in
    persistentvolumeclaim/*)
      printf 'volume   %s\n' "$object"
      volumes="$volumes $object"
      ;;
    *)
      printf 'left     %s\n' "$object"
      left="$left $object"
      ;;
    esac
  done
}

look aigatewayroute.aigateway.envoyproxy.io
look backendtrafficpolicy.gateway.envoyproxy.io
look clienttrafficpolicy.gateway.envoyproxy.io
look clusterqueue.kueue.x-k8s.io
look configmap
look deployment.apps
look disaggregatedset.disaggregatedset.x-k8s.io
look gateway.gateway.networking.k8s.io
look horizontalpodautoscaler.autoscaling
look httproute.gateway.networking.k8s.io
look inferenceobjective.llm-d.ai
look inferencepool.inference.networking.k8s.io
look inferenceservice.serving.kserve.io
look ipaddresspool.metallb.io
look job.batch
look l2advertisement.metallb.io
look leaderworkerset.leaderworkerset.x-k8s.io
look llminferenceservice.serving.kserve.io
look localqueue.kueue.x-k8s.io
look namespace
look networkpolicy.networking.k8s.io
look persistentvolumeclaim
look poddisruptionbudget.policy
look podmonitor.monitoring.coreos.com
look priorityclass.scheduling.k8s.io
look prometheusrule.monitoring.coreos.com
look rayservice.ray.io
look referencegrant.gateway.networking.k8s.io
look resourceclaimtemplate.resource.k8s.io
look resourceflavor.kueue.x-k8s.io
look resourcequota
look role.rbac.authorization.k8s.io
look rolebinding.rbac.authorization.k8s.io
look scaledobject.keda.sh
look securitypolicy.gateway.envoyproxy.io
look service
look serviceaccount
look storageclass.storage.k8s.io

if [ -n "$left" ]; then
  printf '\nTo delete what is left:\n  kubectl -n %s delete%s\n' "$namespace" "$left"
fi
if [ -n "$volumes" ]; then
  printf '\nVolumes stay until somebody deletes them, with the data that they hold:\n'
  printf '  kubectl -n %s delete%s\n' "$namespace" "$volumes"
fi
[ "$unseen" -eq 0 ] || exit 2
[ -z "$left$volumes" ]
