#!/bin/sh
# Copies the weights from the hub to the bucket that the endpoints read: ./stage_weights.sh BUCKET
# Needs `hf` (pip install huggingface_hub), `aws`, and HF_TOKEN in the environment where a model is
# gated. The token stays here: no endpoint ever sees it. Run again, it copies what is missing only.
set -eu
bucket=${1:?usage: ./stage_weights.sh BUCKET}
region=eu-west-1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

stage() {
  hf download "$1" --revision "$2" --local-dir "$folder/weights"
  aws s3 sync "$folder/weights" "s3://$bucket/$3" --region "$region" --delete \
    --exclude '.cache/*' --exclude '.git*' --exclude 'original/*'
  rm -rf "$folder/weights"
}

stage meta-llama/Meta-Llama-3-70B-Instruct 7129260dd854a80eb10ace5f61c20324b472b31c models/meta-llama/Meta-Llama-3-70B-Instruct/7129260dd854a80eb10ace5f61c20324b472b31c/
