"""The flags of engine releases, as data: read out of the released packages, never from memory."""

from typing import Final

VLLM_0_11_FLAGS: Final = """
additional-config allow-credentials allowed-headers allowed-local-media-path allowed-media-domains
allowed-methods allowed-origins api-key api-server-count async-scheduling block-size
calculate-kv-scales chat-template chat-template-content-format code-revision
collect-detailed-traces compilation-config config config-format convert cpu-offload-gb
cuda-graph-sizes data-parallel-address data-parallel-backend data-parallel-hybrid-lb
data-parallel-rank data-parallel-rpc-port data-parallel-size data-parallel-size-local
data-parallel-start-rank dbo-decode-token-threshold dbo-prefill-token-threshold
decode-context-parallel-size default-mm-loras disable-cascade-attn disable-chunked-mm-input
disable-custom-all-reduce disable-fastapi-docs disable-frontend-multiprocessing
disable-hybrid-kv-cache-manager disable-log-requests disable-log-stats
disable-mm-preprocessor-cache disable-sliding-window disable-uvicorn-access-log
distributed-executor-backend download-dir dtype enable-auto-tool-choice enable-chunked-prefill
enable-dbo enable-eplb enable-expert-parallel enable-force-include-usage enable-log-outputs
enable-log-requests enable-lora enable-lora-bias enable-multimodal-encoder-data-parallel
enable-prefix-caching enable-prompt-embeds enable-prompt-tokens-details enable-request-id-headers
enable-server-load-tracking enable-sleep-mode enable-ssl-refresh enable-tokenizer-info-endpoint
enforce-eager eplb-config eplb-log-balancedness eplb-step-interval eplb-window-size
exclude-tools-when-tool-choice-none expert-placement-strategy fully-sharded-loras
generation-config gpu-memory-utilization h11-max-header-count h11-max-incomplete-event-size
headless hf-config-path hf-overrides hf-token host ignore-patterns interleave-mm-strings
io-processor-plugin kv-cache-dtype kv-cache-memory-bytes kv-events-config
kv-sharing-fast-prefill kv-transfer-config limit-mm-per-prompt load-format log-config-file
log-error-stack logits-processor-pattern logits-processors logprobs-mode
long-prefill-token-threshold lora-dtype lora-extra-vocab-size lora-modules mamba-cache-dtype
mamba-ssm-cache-dtype max-cpu-loras max-log-len max-logprobs max-long-partial-prefills
max-lora-rank max-loras max-model-len max-num-batched-tokens max-num-partial-prefills
max-num-seqs max-parallel-loading-workers media-io-kwargs middleware mm-encoder-tp-mode
mm-processor-cache-gb mm-processor-cache-type mm-processor-kwargs
mm-shm-cache-max-object-size-mb model-impl model-loader-extra-config num-gpu-blocks-override
num-lookahead-slots num-redundant-experts otlp-traces-endpoint override-attention-dtype
override-generation-config override-pooler-config pipeline-parallel-size pooler-config port
prefix-caching-hash-algo pt-load-map-location quantization ray-workers-use-nsight
reasoning-parser response-role return-tokens-as-token-ids revision root-path rope-scaling
rope-theta runner safetensors-load-strategy scheduler-cls scheduling-policy seed
served-model-name show-hidden-metrics-for-version skip-mm-profiling skip-tokenizer-init
speculative-config ssl-ca-certs ssl-cert-reqs ssl-certfile ssl-keyfile structured-outputs-config
swap-space task tensor-parallel-size tokenizer tokenizer-mode tokenizer-revision
tool-call-parser tool-parser-plugin tool-server trust-remote-code trust-request-chat-template
uds use-tqdm-on-load uvicorn-log-level video-pruning-rate worker-cls worker-extension-cls
"""
"""Every flag of ``vllm serve``.

Source: the wheel vllm 0.11.0 on PyPI, ``vllm/engine/arg_utils.py`` and
``vllm/entrypoints/openai/cli_args.py``; without ``--model``, which ``serve`` refuses.
"""

VLLM_0_11_2_NEW: Final = """
aggregate-engine-logging all2all-backend cudagraph-capture-sizes data-parallel-external-lb
dcp-kv-cache-interleave-size disable-nccl-for-dp-synchronization ec-transfer-config
enable-mm-embeds kv-offloading-backend kv-offloading-size mamba-block-size master-addr
master-port max-cudagraph-capture-size mm-encoder-attn-backend nnodes node-rank
reasoning-parser-plugin stream-interval tokens-only
"""
VLLM_0_11_2_GONE: Final = "enable-lora-bias rope-scaling rope-theta"
"""What 0.11.2 has more and less than 0.11.0. Source: its wheel on PyPI, the same files."""

VLLM_0_33_FLAGS: Final = """
additional-config aggregate-engine-logging all2all-backend allow-credentials
allow-deprecated-quantization allowed-headers allowed-local-media-path allowed-media-domains
allowed-methods allowed-origins anthropic-disabled-thinking-effort api-key api-server-count
async-scheduling attention-backend attention-config aux-output-config block-size chat-template
chat-template-content-format code-revision cohere-format cohere-is-reasoning-model
collect-detailed-traces compilation-config config config-format convert
cp-kv-cache-interleave-size cpu-distributed-timeout-seconds cpu-offload-gb cpu-offload-params
cudagraph-capture-sizes cudagraph-metrics custom-histogram-buckets data-parallel-address
data-parallel-backend data-parallel-external-lb data-parallel-hybrid-lb
data-parallel-multi-port-external-lb data-parallel-rank data-parallel-rpc-port data-parallel-size
data-parallel-size-local data-parallel-start-rank data-parallel-supervisor-port
dbo-decode-token-threshold dbo-prefill-token-threshold dcp-comm-backend
dcp-kv-cache-interleave-size dcp-q-replicate decode-context-parallel-size
default-chat-template-kwargs default-mm-loras device-ids device-memory-utilization
diffusion-config disable-access-log-for-endpoints disable-cascade-attn disable-chunked-mm-input
disable-custom-all-reduce disable-fastapi-docs disable-hybrid-kv-cache-manager disable-log-stats
disable-nccl-for-dp-synchronization disable-sliding-window disable-uvicorn-access-log
distributed-executor-backend distributed-timeout-seconds download-dir
dp-supervisor-probe-failure-threshold dp-supervisor-probe-interval-s dp-supervisor-probe-timeout-s
dp-sync-interval dtype ec-manager-config ec-transfer-config elastic-ep-max-dp-size
enable-auto-tool-choice enable-batch-sharded-sampling enable-chunked-prefill
enable-cumem-allocator enable-dbo enable-elastic-ep enable-ep-weight-filter enable-eplb
enable-expert-parallel enable-fault-tolerance enable-flash-late-interaction
enable-flashinfer-autotune enable-force-include-usage enable-hc-sp enable-layerwise-nvtx-tracing
enable-log-deltas enable-log-outputs enable-log-requests enable-logging-iteration-details
enable-lora enable-mamba-cache-stochastic-rounding enable-mamba-shared-prefix-checkpoint
enable-mfu-metrics enable-mixed-moe-lora-format enable-mm-embeds enable-moe-shared-loras
enable-nccl-comm-suspend enable-offline-docs enable-per-request-metrics enable-prefix-caching
enable-prompt-embeds enable-prompt-tokens-details enable-request-id-headers
enable-return-routed-experts enable-scale-out enable-server-load-tracking enable-shm-tensor-arena
enable-sleep-mode enable-ssl-refresh enable-tokenizer-info-endpoint enable-tower-connector-lora
enable-trace-replay enforce-eager engram-config eplb-config exclude-tools-when-tool-choice-none
expert-placement-strategy fail-on-environ-validation fault-tolerance-config fingerprint-mode
fingerprint-value fully-sharded-loras gdn-prefill-backend generation-config gpu-memory-utilization
grpc grpc-port h11-max-header-count h11-max-incomplete-event-size headless hf-config-path
hf-overrides hf-token host ignore-patterns interleave-mm-strings io-processor-plugin
ir-op-priority jit-monitor-mode jit-monitor-verbose kda-decode-backend kda-prefill-backend
kernel-config kv-cache-dtype kv-cache-dtype-skip-layers kv-cache-memory-bytes kv-cache-metrics
kv-cache-metrics-sample kv-events-config kv-offloading-backend kv-offloading-size
kv-sharing-fast-prefill kv-transfer-config language-model-only limit-mm-per-prompt linear-backend
load-format log-config-file log-error-stack log-level logging-config logits-processors
logprobs-mode long-prefill-token-threshold long-prefill-token-threshold-adaptive lora-dtype
lora-modules lora-target-modules mamba-backend mamba-block-size mamba-cache-dtype mamba-cache-mode
mamba-cache-philox-rounds mamba-ssm-cache-dtype mamba-ssu-algorithm master-addr master-port
max-cpu-loras max-cudagraph-capture-size max-log-len max-logprobs max-lora-cls-labels
max-lora-rank max-loras max-model-len max-num-active-seqs max-num-batched-tokens
max-num-queued-reqs max-num-queued-tokens max-num-scheduled-tokens max-num-seqs
max-parallel-loading-workers media-io-kwargs middleware mm-device-do-normalize
mm-encoder-attn-backend mm-encoder-attn-dtype mm-encoder-fp8-scale-path
mm-encoder-fp8-scale-save-margin mm-encoder-fp8-scale-save-path mm-encoder-only mm-encoder-tp-mode
mm-hasher-algorithm mm-ipc-gpu-memory-gb mm-processor-cache-gb mm-processor-cache-type
mm-processor-device mm-processor-kwargs mm-shm-cache-max-object-size-mb mm-tensor-ipc
model-class-overrides model-impl model-loader-extra-config moe-backend monokernel nnodes node-rank
num-gpu-blocks-override numa-bind numa-bind-cpus numa-bind-nodes offload-backend
offload-group-size offload-num-in-group offload-params offload-prefetch-step optimization-level
otlp-traces-endpoint override-generation-config per-request-spec-decode-metrics performance-mode
pipeline-parallel-size pooler-config port prefill-context-parallel-size prefill-schedule-interval
prefix-cache-retention-interval prefix-caching-hash-algo prefix-match-unit profiler-config
pt-load-map-location quantization quantization-config ray-workers-use-nsight reasoning-config
reasoning-effort-map reasoning-parser reasoning-parser-plugin renderer-num-workers
replayssm-buffer-len response-role return-sampling-mask return-tokens-as-token-ids revision
root-path runner safetensors-load-strategy safetensors-prefetch-block-size
safetensors-prefetch-num-threads scheduler-cls scheduler-reserve-full-isl scheduling-policy seed
served-model-name show-hidden-metrics-for-version shutdown-timeout skip-mm-profiling
skip-tokenizer-init sleep-mode-backend sleep-mode-offload-cudagraph sleep-preserve-parameter-names
sparse-indexer-topk-backend spec-method spec-model spec-tokens specialize-active-lora
speculative-config sse-keep-alive-interval ssl-ca-certs ssl-cert-reqs ssl-certfile ssl-ciphers
ssl-keyfile stream-interval structured-outputs-config swa-bounded-replay tensor-parallel-size
tokenizer tokenizer-mode tokenizer-revision tokens-only tool-call-parser tool-parser-plugin
tool-server tool-strict-level trust-remote-code trust-request-chat-template
trust-request-mm-kwargs ubatch-size uds use-fp64-gumbel use-replayssm use-tqdm-on-load
uvicorn-log-level video-pruning-method video-pruning-rate watchdog-config watermark
watermark-config weight-transfer-config worker-cls worker-extension-cls
"""
"""Every flag of ``vllm serve``.

Source: the wheel vllm 0.33.0 on PyPI, ``vllm/engine/arg_utils.py``,
``vllm/entrypoints/common/cli_args.py`` and ``vllm/entrypoints/cli/serve.py``.
"""

SGLANG_0_5_5_FLAGS: Final = """
abort-on-priority-when-disabled allow-auto-truncate api-key attention-backend base-gpu-id
bucket-e2e-request-latency bucket-inter-token-latency bucket-time-to-first-token chat-template
checkpoint-engine-wait-weights-before-ready chunked-prefill-size collect-tokens-histogram
completion-template config constrained-json-disable-any-whitespace
constrained-json-whitespace-pattern context-length cpu-offload-gb crash-dump-folder cuda-graph-bs
cuda-graph-max-bs custom-weight-loader data-parallel-size debug-tensor-dump-inject
debug-tensor-dump-input-file debug-tensor-dump-layers debug-tensor-dump-output-folder
decode-attention-backend decode-log-interval decrypted-config-file decrypted-draft-config-file
deepep-config deepep-mode delete-ckpt-after-loading device disable-chunked-prefix-cache
disable-cuda-graph disable-cuda-graph-padding disable-custom-all-reduce
disable-fast-image-processor disable-flashinfer-cutlass-moe-fp4-allgather
disable-hybrid-swa-memory disable-outlines-disk-cache disable-overlap-schedule disable-radix-cache
disable-shared-experts-fusion disable-tokenizer-batch-decode disaggregation-bootstrap-port
disaggregation-decode-dp disaggregation-decode-enable-offload-kvcache
disaggregation-decode-polling-interval disaggregation-decode-tp disaggregation-ib-device
disaggregation-mode disaggregation-prefill-pp disaggregation-transfer-backend dist-init-addr
dist-timeout download-dir dp-size ds-channel-config-path ds-heavy-channel-num
ds-heavy-channel-type ds-heavy-token-num ds-sparse-decode-threshold dtype
dynamic-batch-tokenizer-batch-size dynamic-batch-tokenizer-batch-timeout elastic-ep-backend
enable-cache-report enable-cudagraph-gc enable-custom-logit-processor
enable-deterministic-inference enable-double-sparsity enable-dp-attention enable-dp-lm-head
enable-dynamic-batch-tokenizer enable-eplb enable-expert-distribution-metrics
enable-flashinfer-allreduce-fusion enable-fp32-lm-head enable-hierarchical-cache enable-lmcache
enable-lora enable-memory-saver enable-metrics enable-metrics-for-all-schedulers
enable-mixed-chunk enable-mscclpp enable-multimodal enable-nan-detection enable-nccl-nvls
enable-p2p-check enable-pdmux enable-piecewise-cuda-graph enable-priority-scheduling
enable-profile-cuda-graph enable-request-time-stats-logging enable-return-hidden-states
enable-single-batch-overlap enable-symm-mem enable-tokenizer-batch-encode enable-torch-compile
enable-torch-symm-mem enable-trace enable-two-batch-overlap enable-weights-cpu-backup ep
ep-dispatch-algorithm ep-num-redundant-experts ep-size eplb-algorithm
eplb-min-rebalancing-utilization-threshold eplb-rebalance-layers-per-chunk
eplb-rebalance-num-iterations expert-distribution-recorder-buffer-size
expert-distribution-recorder-mode expert-parallel-size file-storage-path
flashinfer-mla-disable-ragged flashinfer-mxfp4-moe-precision gc-warning-threshold-secs
generation-tokens-buckets gpu-id-step grammar-backend grpc-mode hicache-io-backend
hicache-mem-layout hicache-ratio hicache-size hicache-storage-backend
hicache-storage-backend-extra-config hicache-storage-prefetch-policy hicache-write-policy host
hybrid-kvcache-ratio init-expert-location is-embedding json-model-override-args
keep-mm-feature-on-device kt-amx-method kt-amx-weight-path kt-cpuinfer
kt-max-deferred-experts-per-token kt-num-gpu-experts kt-threadpool-count kv-cache-dtype
kv-events-config load-balance-method load-format load-watch-interval log-level log-level-http
log-requests log-requests-level lora-backend lora-eviction-policy lora-paths lora-target-modules
mamba-full-memory-ratio mamba-ssm-dtype max-loaded-loras max-lora-chunk-size max-lora-rank
max-loras-per-batch max-mamba-cache-size max-prefill-tokens max-queued-requests
max-running-requests max-total-tokens mem-fraction-static mm-attention-backend
mm-max-concurrent-calls mm-per-request-timeout model model-impl model-loader-extra-config
model-path modelopt-checkpoint-restore-path modelopt-checkpoint-save-path modelopt-export-path
modelopt-quant moe-a2a-backend moe-dense-tp-size moe-runner-backend mooncake-ib-device
multi-item-scoring-delimiter nccl-init-addr nccl-port nnodes node-rank nsa-decode-backend
nsa-prefill-backend num-continuous-decode-steps num-reserved-decode-tokens numa-node
offload-group-size offload-mode offload-num-in-group offload-prefetch-step otlp-traces-endpoint
page-size pdmux-config-path piecewise-cuda-graph-compiler piecewise-cuda-graph-max-tokens
piecewise-cuda-graph-tokens pipeline-parallel-size port pp-max-micro-batch-size pp-size
preferred-sampling-params prefill-attention-backend prefill-round-robin-balance
priority-scheduling-preemption-threshold prompt-tokens-buckets quantization
quantization-param-path quantize-and-serve radix-eviction-policy random-seed reasoning-parser
remote-instance-weight-loader-seed-instance-ip
remote-instance-weight-loader-seed-instance-service-port
remote-instance-weight-loader-send-weights-group-ports revision rl-on-policy-target
sampling-backend sampling-defaults schedule-conservativeness schedule-low-priority-values-first
schedule-policy scheduler-recv-interval served-model-name show-time-cost skip-server-warmup
skip-tokenizer-init sleep-on-idle sm-group-num speculative-accept-threshold-acc
speculative-accept-threshold-single speculative-algorithm speculative-attention-mode
speculative-draft-load-format speculative-draft-model speculative-draft-model-path
speculative-draft-model-revision speculative-eagle-topk speculative-moe-runner-backend
speculative-ngram-branch-length speculative-ngram-capacity speculative-ngram-match-type
speculative-ngram-max-bfs-breadth speculative-ngram-max-match-window-size
speculative-ngram-min-bfs-breadth speculative-ngram-min-match-window-size
speculative-num-draft-tokens speculative-num-steps speculative-token-map stream-interval
stream-output swa-full-tokens-ratio tbo-token-distribution-threshold tensor-parallel-size
tokenizer-metrics-allowed-custom-labels tokenizer-metrics-custom-labels-header tokenizer-mode
tokenizer-path tokenizer-worker-num tool-call-parser tool-server torch-compile-max-bs
torchao-config tp-size triton-attention-num-kv-splits triton-attention-reduce-in-fp32
triton-attention-split-tile-size trust-remote-code warmups watchdog-timeout
weight-loader-disable-mmap weight-version
"""
