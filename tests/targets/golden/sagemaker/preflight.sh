#!/bin/sh
# Reads the account of the current credentials; changes nothing. Exit code 1: something lacks.
set -u
region=eu-west-1
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

# The name of a quota says the type; the number of instances is its value. As text the query would
# be answered once for each page.
quota() {
  value=$(aws service-quotas list-service-quotas --service-code sagemaker --region "$region" \
    --query "Quotas[?QuotaName=='$1 for endpoint usage'].Value | [0]" --output json)
  [ "${value%%.*}" -ge "$2" ]
}

image() {
  [ "$(aws ecr batch-get-image --registry-id "$1" --repository-name "$2" --region "$region" \
    --image-ids "imageTag=$3" --query 'length(images)' --output text)" = 1 ]
}

need credentials aws sts get-caller-identity
need 'region eu-west-1' aws ec2 describe-availability-zones --region eu-west-1
need 'quota for 3 x ml.p4de.24xlarge for endpoint usage' quota ml.p4de.24xlarge 3
need 'image vllm:0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.2' image 763104351884 vllm 0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.2

exit "$lacking"
