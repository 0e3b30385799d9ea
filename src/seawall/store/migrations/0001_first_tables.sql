CREATE DATABASE IF NOT EXISTS seawall{on_cluster} ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS seawall.flow{local}{on_cluster}
(
    time DateTime64(9, 'UTC') COMMENT 'when it happened, by the clock of whoever saw it; OpenTelemetry\'s Timestamp' CODEC(Delta, ZSTD(1)),
    observed_time DateTime64(9, 'UTC') COMMENT 'when Seawall received it; OpenTelemetry\'s ObservedTimestamp' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster\'s id: the UID of its kube-system namespace, or the name given with --cluster for files' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source that delivered it, as `seawall health` lists it (`hubble`, `audit-webhook`)' CODEC(ZSTD(1)),
    batch_id LowCardinality(String) COMMENT 'the batch it came in; fixed with the batch\'s bytes, so a repeat has the same' CODEC(ZSTD(1)),
    batch_row UInt32 COMMENT 'its place in the batch, from 0; with `batch_id` it is the event\'s id (`event_id` in the table: `batch_id.batch_row`)' CODEC(Delta, ZSTD(1)),
    clock_offset Nullable(Int64) COMMENT 'how far the source\'s clock is ahead of ours, as last measured; `time` is not corrected by it' CODEC(T64, ZSTD(1)),
    future Bool COMMENT '`time` lies more than five minutes after `observed_time`' CODEC(ZSTD(1)),
    late Bool COMMENT '`time` lies further before `observed_time` than the source\'s allowed lateness' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator, not recorded; shown as such everywhere' CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) COMMENT 'what the source said that has no column, by its attribute name' CODEC(ZSTD(1)),
    src_entity LowCardinality(String) COMMENT 'what the source is: `pod`, `node`, `service`, `external` (outside the cluster) or `unknown`' CODEC(ZSTD(1)),
    src_namespace LowCardinality(String) COMMENT 'the namespace of the source; \'\' for what has none and for what is not known' CODEC(ZSTD(1)),
    src_pod String COMMENT 'the pod of the source' CODEC(ZSTD(1)),
    src_workload LowCardinality(String) COMMENT 'the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)' CODEC(ZSTD(1)),
    src_workload_kind LowCardinality(String) COMMENT 'the Kubernetes kind of the workload; `Pod` for a pod without owner' CODEC(ZSTD(1)),
    src_node LowCardinality(String) COMMENT 'the node of the source' CODEC(ZSTD(1)),
    src_service_account LowCardinality(String) COMMENT 'the service account of the source\'s pod' CODEC(ZSTD(1)),
    src_labels Array(LowCardinality(String)) COMMENT 'labels of the source\'s pod as `key=value`, sorted; [] where the source gives none' CODEC(ZSTD(1)),
    src_service LowCardinality(String) COMMENT 'the Service (`namespace/name`) the source was addressed as' CODEC(ZSTD(1)),
    src_domain LowCardinality(String) COMMENT 'the DNS name the source\'s address was resolved from' CODEC(ZSTD(1)),
    src_address String COMMENT 'the source\'s address' CODEC(ZSTD(1)),
    src_port UInt16 COMMENT 'the source\'s port; 0 for a protocol without ports' CODEC(ZSTD(1)),
    dst_entity LowCardinality(String) COMMENT 'what the destination is: `pod`, `node`, `service`, `external` (outside the cluster) or `unknown`' CODEC(ZSTD(1)),
    dst_namespace LowCardinality(String) COMMENT 'the namespace of the destination; \'\' for what has none and for what is not known' CODEC(ZSTD(1)),
    dst_pod String COMMENT 'the pod of the destination' CODEC(ZSTD(1)),
    dst_workload LowCardinality(String) COMMENT 'the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)' CODEC(ZSTD(1)),
    dst_workload_kind LowCardinality(String) COMMENT 'the Kubernetes kind of the workload; `Pod` for a pod without owner' CODEC(ZSTD(1)),
    dst_node LowCardinality(String) COMMENT 'the node of the destination' CODEC(ZSTD(1)),
    dst_service_account LowCardinality(String) COMMENT 'the service account of the destination\'s pod' CODEC(ZSTD(1)),
    dst_labels Array(LowCardinality(String)) COMMENT 'labels of the destination\'s pod as `key=value`, sorted; [] where the source gives none' CODEC(ZSTD(1)),
    dst_service LowCardinality(String) COMMENT 'the Service (`namespace/name`) the destination was addressed as' CODEC(ZSTD(1)),
    dst_domain LowCardinality(String) COMMENT 'the DNS name the destination\'s address was resolved from' CODEC(ZSTD(1)),
    dst_address String COMMENT 'the destination\'s address' CODEC(ZSTD(1)),
    dst_port UInt16 COMMENT 'the destination\'s port; 0 for a protocol without ports' CODEC(ZSTD(1)),
    network_transport LowCardinality(String) COMMENT '`tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, or the IP protocol\'s number; \'\' if not said' CODEC(ZSTD(1)),
    network_protocol LowCardinality(String) COMMENT 'the application protocol where the source parsed it: `http`, `dns`, `kafka`' CODEC(ZSTD(1)),
    icmp_type Nullable(UInt8) COMMENT 'ICMP type' CODEC(ZSTD(1)),
    icmp_code Nullable(UInt8) COMMENT 'ICMP code' CODEC(ZSTD(1)),
    direction LowCardinality(String) COMMENT '`ingress` or `egress`, as the endpoint that reported it sees it; \'\' if not said' CODEC(ZSTD(1)),
    reporter LowCardinality(String) COMMENT 'which end\'s node saw it: `source`, `destination`; \'\' if not known. Both ends report the same traffic: count one' CODEC(ZSTD(1)),
    is_reply Nullable(Bool) COMMENT 'these are packets of the answering side, so `src` is the server' CODEC(ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'what the dataplane did: `allowed`, `denied`, `audit` (would be denied), `error` or `unknown`' CODEC(ZSTD(1)),
    verdict_source LowCardinality(String) COMMENT 'who said so: `cilium`, `calico`, `sensor`; \'\' if the verdict is unknown' CODEC(ZSTD(1)),
    drop_reason LowCardinality(String) COMMENT 'the dataplane\'s reason of a denial or error, in its words' CODEC(ZSTD(1)),
    policies Array(LowCardinality(String)) COMMENT 'the policies the dataplane names as deciding, as `Kind namespace/name`; [] if it names none' CODEC(ZSTD(1)),
    model_verdict LowCardinality(Nullable(String)) COMMENT 'what Seawall\'s policy model says: `allowed`, `denied` or `unknown`' CODEC(ZSTD(1)),
    model_policy LowCardinality(String) COMMENT 'the policy that decides by the model, as `Kind namespace/name`; \'\' if none selects the ends' CODEC(ZSTD(1)),
    model_rule LowCardinality(String) COMMENT 'the path of the deciding rule in that policy, or the reason of `unknown`' CODEC(ZSTD(1)),
    staged_verdict LowCardinality(Nullable(String)) COMMENT 'what the model says with the staged drafts in force' CODEC(ZSTD(1)),
    staged_policy LowCardinality(String) COMMENT 'the draft that would decide, as `Kind namespace/name`' CODEC(ZSTD(1)),
    policy_version LowCardinality(String) COMMENT 'the fingerprint of the policy set the model\'s columns were computed with' CODEC(ZSTD(1)),
    events UInt64 DEFAULT 1 COMMENT 'how many records of the source this row stands for: 1, or the count of an aggregating source' CODEC(T64, ZSTD(1)),
    bytes_sent Nullable(UInt64) COMMENT 'bytes from source to destination' CODEC(T64, ZSTD(1)),
    bytes_received Nullable(UInt64) COMMENT 'bytes from destination to source, where one record holds both ways' CODEC(T64, ZSTD(1)),
    packets_sent Nullable(UInt64) COMMENT 'packets from source to destination' CODEC(T64, ZSTD(1)),
    packets_received Nullable(UInt64) COMMENT 'packets from destination to source, where one record holds both ways' CODEC(T64, ZSTD(1)),
    duration Nullable(Int64) COMMENT 'length of the span the record covers, from `time`' CODEC(T64, ZSTD(1)),
    tcp_flags UInt16 COMMENT 'TCP flags as on the wire (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32); 0 if not said' CODEC(ZSTD(1)),
    http_request_method LowCardinality(String) COMMENT 'the HTTP method, where the source parsed it' CODEC(ZSTD(1)),
    http_response_status_code Nullable(UInt16) COMMENT 'the HTTP status code' CODEC(ZSTD(1)),
    url_path String COMMENT 'the path of the HTTP request' CODEC(ZSTD(1)),
    trace_id String COMMENT 'the W3C trace id, where the source parsed it' CODEC(ZSTD(1)),
    event_id String ALIAS concat(batch_id, '.', toString(batch_row)) COMMENT 'batch_id.batch_row',
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX src_pod_bloom src_pod TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX dst_pod_bloom dst_pod TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX src_address_bloom src_address TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX dst_address_bloom dst_address TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX dst_domain_bloom dst_domain TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toStartOfHour(time)
ORDER BY (toStartOfFiveMinutes(time), cluster, src_namespace, dst_namespace, time, batch_id, batch_row)
TTL toDateTime(observed_time) + toIntervalDay(7)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'traffic between two ends: who, to whom, on which port, allowed or denied and by what';

CREATE TABLE IF NOT EXISTS seawall.dns{local}{on_cluster}
(
    time DateTime64(9, 'UTC') COMMENT 'when it happened, by the clock of whoever saw it; OpenTelemetry\'s Timestamp' CODEC(Delta, ZSTD(1)),
    observed_time DateTime64(9, 'UTC') COMMENT 'when Seawall received it; OpenTelemetry\'s ObservedTimestamp' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster\'s id: the UID of its kube-system namespace, or the name given with --cluster for files' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source that delivered it, as `seawall health` lists it (`hubble`, `audit-webhook`)' CODEC(ZSTD(1)),
    batch_id LowCardinality(String) COMMENT 'the batch it came in; fixed with the batch\'s bytes, so a repeat has the same' CODEC(ZSTD(1)),
    batch_row UInt32 COMMENT 'its place in the batch, from 0; with `batch_id` it is the event\'s id (`event_id` in the table: `batch_id.batch_row`)' CODEC(Delta, ZSTD(1)),
    clock_offset Nullable(Int64) COMMENT 'how far the source\'s clock is ahead of ours, as last measured; `time` is not corrected by it' CODEC(T64, ZSTD(1)),
    future Bool COMMENT '`time` lies more than five minutes after `observed_time`' CODEC(ZSTD(1)),
    late Bool COMMENT '`time` lies further before `observed_time` than the source\'s allowed lateness' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator, not recorded; shown as such everywhere' CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) COMMENT 'what the source said that has no column, by its attribute name' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace that did it; \'\' for what has none and for what is not known' CODEC(ZSTD(1)),
    pod String COMMENT 'the pod that did it' CODEC(ZSTD(1)),
    workload LowCardinality(String) COMMENT 'the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)' CODEC(ZSTD(1)),
    workload_kind LowCardinality(String) COMMENT 'the Kubernetes kind of the workload; `Pod` for a pod without owner' CODEC(ZSTD(1)),
    node LowCardinality(String) COMMENT 'the node that did it' CODEC(ZSTD(1)),
    client_address String COMMENT 'the address that asked' CODEC(ZSTD(1)),
    client_port UInt16 COMMENT 'the port that asked; 0 if not said' CODEC(ZSTD(1)),
    server_address String COMMENT 'the address that was asked' CODEC(ZSTD(1)),
    server_port UInt16 COMMENT 'the port that was asked; 0 if not said' CODEC(ZSTD(1)),
    network_transport LowCardinality(String) COMMENT '`udp`, `tcp`; \'\' if not said' CODEC(ZSTD(1)),
    record LowCardinality(String) COMMENT '`query` for a question seen alone, `response` for an answer (with its question)' CODEC(ZSTD(1)),
    question String COMMENT 'the name asked for, lower case, without the last dot' CODEC(ZSTD(1)),
    question_type LowCardinality(String) COMMENT 'the record type asked for: `A`, `AAAA`, `TXT`, or `TYPE65280` for one without a name' CODEC(ZSTD(1)),
    response_code LowCardinality(Nullable(String)) COMMENT 'the response code by name: `NOERROR`, `NXDOMAIN`, `SERVFAIL`' CODEC(ZSTD(1)),
    answers Array(String) COMMENT 'the data of the answer records (addresses, names, texts), in order' CODEC(ZSTD(1)),
    answer_types Array(LowCardinality(String)) COMMENT 'the record types of `answers`; as long as `answers`, or [] if the source does not give them' CODEC(ZSTD(1)),
    ttl Nullable(UInt32) COMMENT 'the least time to live of the answers' CODEC(Delta, ZSTD(1)),
    latency Nullable(Int64) COMMENT 'time from question to answer' CODEC(T64, ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'what a policy-enforcing proxy did: `allowed`, `denied`; `unknown` where none is in the path' CODEC(ZSTD(1)),
    event_id String ALIAS concat(batch_id, '.', toString(batch_row)) COMMENT 'batch_id.batch_row',
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX pod_bloom pod TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX question_bloom question TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfFiveMinutes(time), cluster, namespace, time, batch_id, batch_row)
TTL toDateTime(observed_time) + toIntervalDay(7)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'questions and answers of the Domain Name System, by the workload that asked';

CREATE TABLE IF NOT EXISTS seawall.audit{local}{on_cluster}
(
    time DateTime64(9, 'UTC') COMMENT 'when it happened, by the clock of whoever saw it; OpenTelemetry\'s Timestamp' CODEC(Delta, ZSTD(1)),
    observed_time DateTime64(9, 'UTC') COMMENT 'when Seawall received it; OpenTelemetry\'s ObservedTimestamp' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster\'s id: the UID of its kube-system namespace, or the name given with --cluster for files' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source that delivered it, as `seawall health` lists it (`hubble`, `audit-webhook`)' CODEC(ZSTD(1)),
    batch_id LowCardinality(String) COMMENT 'the batch it came in; fixed with the batch\'s bytes, so a repeat has the same' CODEC(ZSTD(1)),
    batch_row UInt32 COMMENT 'its place in the batch, from 0; with `batch_id` it is the event\'s id (`event_id` in the table: `batch_id.batch_row`)' CODEC(Delta, ZSTD(1)),
    clock_offset Nullable(Int64) COMMENT 'how far the source\'s clock is ahead of ours, as last measured; `time` is not corrected by it' CODEC(T64, ZSTD(1)),
    future Bool COMMENT '`time` lies more than five minutes after `observed_time`' CODEC(ZSTD(1)),
    late Bool COMMENT '`time` lies further before `observed_time` than the source\'s allowed lateness' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator, not recorded; shown as such everywhere' CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) COMMENT 'what the source said that has no column, by its attribute name' CODEC(ZSTD(1)),
    audit_id String COMMENT '`auditID`: the same for every stage of one request' CODEC(ZSTD(1)),
    stage LowCardinality(String) COMMENT '`RequestReceived`, `ResponseStarted` (watch, exec), `ResponseComplete`, `Panic`' CODEC(ZSTD(1)),
    level LowCardinality(String) COMMENT '`Metadata`, `Request`, `RequestResponse`: what the audit policy asked to record' CODEC(ZSTD(1)),
    request_time Nullable(DateTime64(9, 'UTC')) COMMENT 'when the API server received the request; `time` is when this stage was reached' CODEC(Delta, ZSTD(1)),
    verb LowCardinality(String) COMMENT 'the Kubernetes verb (`get`, `list`, `create`, `deletecollection`), or the HTTP method in lower case for a path' CODEC(ZSTD(1)),
    user LowCardinality(String) COMMENT 'who authenticated' CODEC(ZSTD(1)),
    user_uid String COMMENT 'the user\'s UID, where the authenticator gives one' CODEC(ZSTD(1)),
    groups Array(LowCardinality(String)) COMMENT 'the user\'s groups' CODEC(ZSTD(1)),
    user_extra Map(LowCardinality(String), String) COMMENT 'extra of the user (pod and node of a bound token, credential id); several values joined by a comma' CODEC(ZSTD(1)),
    impersonated_user LowCardinality(String) COMMENT 'who was acted for; \'\' if nobody. Whose rights counted is `actor`' CODEC(ZSTD(1)),
    impersonated_groups Array(LowCardinality(String)) COMMENT 'the groups that were acted with' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'whose rights decided: the impersonated user, else the user' CODEC(ZSTD(1)),
    source_addresses Array(String) COMMENT '`sourceIPs`: forwarded first, peer last; only the last was seen by the API server itself' CODEC(ZSTD(1)),
    user_agent_original LowCardinality(String) COMMENT 'what the client says it is' CODEC(ZSTD(1)),
    api_group LowCardinality(String) COMMENT 'the object\'s API group; \'\' for the core group and for a path' CODEC(ZSTD(1)),
    api_version LowCardinality(String) COMMENT 'the object\'s API version' CODEC(ZSTD(1)),
    resource LowCardinality(String) COMMENT 'the resource (`pods`); \'\' for a path that is no resource' CODEC(ZSTD(1)),
    subresource LowCardinality(String) COMMENT 'the subresource (`exec`, `token`, `status`)' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the object\'s namespace; \'\' for what has none' CODEC(ZSTD(1)),
    name String COMMENT 'the object\'s name; \'\' for lists and generated names' CODEC(ZSTD(1)),
    object_uid String COMMENT 'the object\'s UID, where given' CODEC(ZSTD(1)),
    code Nullable(UInt16) COMMENT 'the HTTP status code of the response; 101 is a switched protocol, so an exec that began' CODEC(ZSTD(1)),
    status_reason LowCardinality(String) COMMENT '`reason` of the response status: `Forbidden`, `NotFound`, `AlreadyExists`' CODEC(ZSTD(1)),
    status_message String COMMENT '`message` of the response status' CODEC(ZSTD(1)),
    decision LowCardinality(String) COMMENT 'the authorizer\'s decision, from its annotation: `allow`, `forbid`; \'\' where not annotated' CODEC(ZSTD(1)),
    decision_reason LowCardinality(String) COMMENT 'the authorizer\'s reason: the binding and role that allowed it' CODEC(ZSTD(1)),
    request_uri String COMMENT 'the request\'s path and query' CODEC(ZSTD(1)),
    annotations Map(LowCardinality(String), String) COMMENT 'annotations of the entry (authorization, admission, pod security)' CODEC(ZSTD(1)),
    exec_arguments Nullable(UInt16) COMMENT 'how many arguments the command of an exec had' CODEC(ZSTD(1)),
    exec_command LowCardinality(String) COMMENT 'the program of an exec: the last part of its first argument' CODEC(ZSTD(1)),
    body LowCardinality(String) COMMENT 'what became of the bodies: `none` (the entry holds none), `features`, or `dropped` whole (secrets, token requests and reviews)' CODEC(ZSTD(1)),
    body_features Map(LowCardinality(String), String) COMMENT 'what was seen in request and response bodies, by name: `privileged`, `host_path`, `cluster_role`, `images`' CODEC(ZSTD(1)),
    raw String COMMENT 'the entry as JSON after redaction' CODEC(ZSTD(1)),
    event_id String ALIAS concat(batch_id, '.', toString(batch_row)) COMMENT 'batch_id.batch_row',
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX audit_id_bloom audit_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX user_bloom user TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX name_bloom name TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfFiveMinutes(time), cluster, namespace, time, batch_id, batch_row)
TTL toDateTime(observed_time) + toIntervalDay(7)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'what people and programs asked of the Kubernetes API, and how it was answered';

CREATE TABLE IF NOT EXISTS seawall.process{local}{on_cluster}
(
    time DateTime64(9, 'UTC') COMMENT 'when it happened, by the clock of whoever saw it; OpenTelemetry\'s Timestamp' CODEC(Delta, ZSTD(1)),
    observed_time DateTime64(9, 'UTC') COMMENT 'when Seawall received it; OpenTelemetry\'s ObservedTimestamp' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster\'s id: the UID of its kube-system namespace, or the name given with --cluster for files' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source that delivered it, as `seawall health` lists it (`hubble`, `audit-webhook`)' CODEC(ZSTD(1)),
    batch_id LowCardinality(String) COMMENT 'the batch it came in; fixed with the batch\'s bytes, so a repeat has the same' CODEC(ZSTD(1)),
    batch_row UInt32 COMMENT 'its place in the batch, from 0; with `batch_id` it is the event\'s id (`event_id` in the table: `batch_id.batch_row`)' CODEC(Delta, ZSTD(1)),
    clock_offset Nullable(Int64) COMMENT 'how far the source\'s clock is ahead of ours, as last measured; `time` is not corrected by it' CODEC(T64, ZSTD(1)),
    future Bool COMMENT '`time` lies more than five minutes after `observed_time`' CODEC(ZSTD(1)),
    late Bool COMMENT '`time` lies further before `observed_time` than the source\'s allowed lateness' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator, not recorded; shown as such everywhere' CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) COMMENT 'what the source said that has no column, by its attribute name' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace that did it; \'\' for what has none and for what is not known' CODEC(ZSTD(1)),
    pod String COMMENT 'the pod that did it' CODEC(ZSTD(1)),
    workload LowCardinality(String) COMMENT 'the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)' CODEC(ZSTD(1)),
    workload_kind LowCardinality(String) COMMENT 'the Kubernetes kind of the workload; `Pod` for a pod without owner' CODEC(ZSTD(1)),
    node LowCardinality(String) COMMENT 'the node that did it' CODEC(ZSTD(1)),
    pod_uid String COMMENT 'the pod\'s UID' CODEC(ZSTD(1)),
    container LowCardinality(String) COMMENT 'the container\'s name in the pod' CODEC(ZSTD(1)),
    container_id String COMMENT 'the container\'s id; \'\' for a process of the node' CODEC(ZSTD(1)),
    container_image LowCardinality(String) COMMENT 'the container\'s image, as the runtime names it' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT '`exec`, `exit`, `fork`, or `exec_failed`' CODEC(ZSTD(1)),
    exec_id String COMMENT 'one program in one process: hash of node, pid and start time; joins other events to it' CODEC(ZSTD(1)),
    parent_exec_id String COMMENT '`exec_id` of the parent; \'\' if not known' CODEC(ZSTD(1)),
    ancestors Array(String) COMMENT 'executable paths of the parent, its parent and so on' CODEC(ZSTD(1)),
    pid UInt32 COMMENT 'process id in the node\'s namespace' CODEC(Delta, ZSTD(1)),
    vpid Nullable(UInt32) COMMENT 'process id in the container\'s namespace' CODEC(Delta, ZSTD(1)),
    parent_pid UInt32 COMMENT 'parent\'s process id in the node\'s namespace' CODEC(Delta, ZSTD(1)),
    creation_time Nullable(DateTime64(9, 'UTC')) COMMENT 'when the process was created' CODEC(Delta, ZSTD(1)),
    executable_path LowCardinality(String) COMMENT 'path of the program in its mount namespace' CODEC(ZSTD(1)),
    command_args Array(String) COMMENT 'the arguments, the program\'s name first' CODEC(ZSTD(1)),
    args_truncated Bool COMMENT 'the sensor cut the arguments short' CODEC(ZSTD(1)),
    working_directory String COMMENT 'the working directory; \'\' if not given' CODEC(ZSTD(1)),
    tty UInt32 COMMENT 'the controlling terminal\'s number; 0 for none' CODEC(Delta, ZSTD(1)),
    user_id Nullable(UInt32) COMMENT 'effective user id in the node\'s namespace' CODEC(Delta, ZSTD(1)),
    user LowCardinality(String) COMMENT 'the user\'s name, where the source resolves it' CODEC(ZSTD(1)),
    group_id Nullable(UInt32) COMMENT 'effective group id' CODEC(Delta, ZSTD(1)),
    login_user_id Nullable(UInt32) COMMENT 'the audit login user id: who logged in before becoming someone else' CODEC(Delta, ZSTD(1)),
    capabilities Nullable(UInt64) COMMENT 'effective capabilities, one bit each as in linux/capability.h' CODEC(T64, ZSTD(1)),
    no_new_privs Nullable(Bool) COMMENT 'the no_new_privs bit' CODEC(ZSTD(1)),
    seccomp_mode LowCardinality(String) COMMENT '`disabled`, `strict`, `filter`; \'\' if not given' CODEC(ZSTD(1)),
    executable_origin LowCardinality(String) COMMENT 'where the program\'s file lives: `image`, `upper` (written after start), `memfd`, `deleted`; \'\' if not given' CODEC(ZSTD(1)),
    error LowCardinality(String) COMMENT 'why an exec failed, as errno\'s name (`ENOENT`); \'\' if it did not' CODEC(ZSTD(1)),
    exit_code Nullable(Int32) COMMENT 'the exit code' CODEC(ZSTD(1)),
    exit_signal Nullable(Int32) COMMENT 'the signal that ended it' CODEC(ZSTD(1)),
    duration Nullable(Int64) COMMENT 'from start to end' CODEC(T64, ZSTD(1)),
    event_id String ALIAS concat(batch_id, '.', toString(batch_row)) COMMENT 'batch_id.batch_row',
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX pod_bloom pod TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX exec_id_bloom exec_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX container_id_bloom container_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toDate(time)
ORDER BY (toStartOfFiveMinutes(time), cluster, namespace, time, batch_id, batch_row)
TTL toDateTime(observed_time) + toIntervalDay(7)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'programs started and ended, with what they were allowed to do';

CREATE TABLE IF NOT EXISTS seawall.edge_minute{local}{on_cluster}
(
    minute DateTime64(9, 'UTC') COMMENT 'start of the minute' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    src_entity LowCardinality(String) COMMENT 'what the client is, as in `flow`' CODEC(ZSTD(1)),
    src_namespace LowCardinality(String) COMMENT 'the client\'s namespace' CODEC(ZSTD(1)),
    src_workload LowCardinality(String) COMMENT 'the client\'s workload; \'\' if it is none' CODEC(ZSTD(1)),
    src_workload_kind LowCardinality(String) COMMENT 'that workload\'s kind' CODEC(ZSTD(1)),
    src_peer LowCardinality(String) COMMENT 'the client, if it is no workload: node, DNS name or network; \'\' otherwise' CODEC(ZSTD(1)),
    dst_entity LowCardinality(String) COMMENT 'what the server is, as in `flow`' CODEC(ZSTD(1)),
    dst_namespace LowCardinality(String) COMMENT 'the server\'s namespace' CODEC(ZSTD(1)),
    dst_workload LowCardinality(String) COMMENT 'the server\'s workload; \'\' if it is none' CODEC(ZSTD(1)),
    dst_workload_kind LowCardinality(String) COMMENT 'that workload\'s kind' CODEC(ZSTD(1)),
    dst_peer LowCardinality(String) COMMENT 'the server, if it is no workload: node, DNS name or network; \'\' otherwise' CODEC(ZSTD(1)),
    dst_service LowCardinality(String) COMMENT 'the Service the server was addressed as' CODEC(ZSTD(1)),
    network_transport LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)),
    dst_port UInt16 COMMENT 'the server\'s port' CODEC(ZSTD(1)),
    network_protocol LowCardinality(String) COMMENT 'the application protocol, where parsed' CODEC(ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'what the dataplane did, as in `flow`' CODEC(ZSTD(1)),
    model_verdict LowCardinality(String) COMMENT 'what the model says; \'\' if not judged yet' CODEC(ZSTD(1)),
    staged_verdict LowCardinality(String) COMMENT 'what the model says with the drafts; \'\' if none or not judged yet' CODEC(ZSTD(1)),
    policies LowCardinality(String) COMMENT 'deciding policies, joined by `, `: the dataplane\'s, else the model\'s' CODEC(ZSTD(1)),
    reporter LowCardinality(String) COMMENT 'which end\'s node saw it; count one reporter of an edge' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator' CODEC(ZSTD(1)),
    events SimpleAggregateFunction(sum, UInt64) COMMENT 'records from client to server' CODEC(ZSTD(1)),
    reply_events SimpleAggregateFunction(sum, UInt64) COMMENT 'records from server to client' CODEC(ZSTD(1)),
    bytes_sent SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'bytes from client to server' CODEC(ZSTD(1)),
    bytes_received SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'bytes from server to client' CODEC(ZSTD(1)),
    packets_sent SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'packets from client to server' CODEC(ZSTD(1)),
    packets_received SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'packets from server to client' CODEC(ZSTD(1)),
    observed_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'when the last of these events was received' CODEC(ZSTD(1)),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'first event' CODEC(ZSTD(1)),
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'last event' CODEC(ZSTD(1)),
    src_addresses AggregateFunction(uniq, String) COMMENT 'distinct client addresses, estimated' CODEC(ZSTD(1)),
    dst_addresses AggregateFunction(uniq, String) COMMENT 'distinct server addresses, estimated' CODEC(ZSTD(1))
)
ENGINE = {replicated}AggregatingMergeTree
PARTITION BY toDate(minute)
ORDER BY (toStartOfHour(minute), cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer, dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service, network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated, minute)
TTL toDateTime(observed_time) + toIntervalDay(90)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'who talked to whom in each minute, by workload, port and verdict';

CREATE TABLE IF NOT EXISTS seawall.edge_hour{local}{on_cluster}
(
    hour DateTime64(9, 'UTC') COMMENT 'start of the hour, UTC' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    src_entity LowCardinality(String) COMMENT 'what the client is, as in `flow`' CODEC(ZSTD(1)),
    src_namespace LowCardinality(String) COMMENT 'the client\'s namespace' CODEC(ZSTD(1)),
    src_workload LowCardinality(String) COMMENT 'the client\'s workload; \'\' if it is none' CODEC(ZSTD(1)),
    src_workload_kind LowCardinality(String) COMMENT 'that workload\'s kind' CODEC(ZSTD(1)),
    src_peer LowCardinality(String) COMMENT 'the client, if it is no workload: node, DNS name or network; \'\' otherwise' CODEC(ZSTD(1)),
    dst_entity LowCardinality(String) COMMENT 'what the server is, as in `flow`' CODEC(ZSTD(1)),
    dst_namespace LowCardinality(String) COMMENT 'the server\'s namespace' CODEC(ZSTD(1)),
    dst_workload LowCardinality(String) COMMENT 'the server\'s workload; \'\' if it is none' CODEC(ZSTD(1)),
    dst_workload_kind LowCardinality(String) COMMENT 'that workload\'s kind' CODEC(ZSTD(1)),
    dst_peer LowCardinality(String) COMMENT 'the server, if it is no workload: node, DNS name or network; \'\' otherwise' CODEC(ZSTD(1)),
    dst_service LowCardinality(String) COMMENT 'the Service the server was addressed as' CODEC(ZSTD(1)),
    network_transport LowCardinality(String) COMMENT 'as in `flow`' CODEC(ZSTD(1)),
    dst_port UInt16 COMMENT 'the server\'s port' CODEC(ZSTD(1)),
    network_protocol LowCardinality(String) COMMENT 'the application protocol, where parsed' CODEC(ZSTD(1)),
    verdict LowCardinality(String) COMMENT 'what the dataplane did, as in `flow`' CODEC(ZSTD(1)),
    model_verdict LowCardinality(String) COMMENT 'what the model says; \'\' if not judged yet' CODEC(ZSTD(1)),
    staged_verdict LowCardinality(String) COMMENT 'what the model says with the drafts; \'\' if none or not judged yet' CODEC(ZSTD(1)),
    policies LowCardinality(String) COMMENT 'deciding policies, joined by `, `: the dataplane\'s, else the model\'s' CODEC(ZSTD(1)),
    reporter LowCardinality(String) COMMENT 'which end\'s node saw it; count one reporter of an edge' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator' CODEC(ZSTD(1)),
    events SimpleAggregateFunction(sum, UInt64) COMMENT 'records from client to server' CODEC(ZSTD(1)),
    reply_events SimpleAggregateFunction(sum, UInt64) COMMENT 'records from server to client' CODEC(ZSTD(1)),
    bytes_sent SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'bytes from client to server' CODEC(ZSTD(1)),
    bytes_received SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'bytes from server to client' CODEC(ZSTD(1)),
    packets_sent SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'packets from client to server' CODEC(ZSTD(1)),
    packets_received SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'packets from server to client' CODEC(ZSTD(1)),
    observed_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'when the last of these events was received' CODEC(ZSTD(1)),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'first event' CODEC(ZSTD(1)),
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'last event' CODEC(ZSTD(1)),
    src_addresses AggregateFunction(uniq, String) COMMENT 'distinct client addresses, estimated' CODEC(ZSTD(1)),
    dst_addresses AggregateFunction(uniq, String) COMMENT 'distinct server addresses, estimated' CODEC(ZSTD(1))
)
ENGINE = {replicated}AggregatingMergeTree
PARTITION BY toDate(hour)
ORDER BY (hour, cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer, dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service, network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated)
TTL toDateTime(observed_time) + toIntervalDay(90)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'who talked to whom in each hour, by workload, port and verdict';

CREATE TABLE IF NOT EXISTS seawall.event_minute{local}{on_cluster}
(
    minute DateTime64(9, 'UTC') COMMENT 'start of the minute' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'the kind of event' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace; of a flow, the sender\'s' CODEC(ZSTD(1)),
    peer_namespace LowCardinality(String) COMMENT 'of a flow, the receiver\'s; \'\' for other kinds' CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT 'flow: `verdict`; dns: `response_code` (or `query`); audit: `ok`, `forbidden` (401, 403), `error` (other 4xx, 5xx), `pending`; process: `action`' CODEC(ZSTD(1)),
    simulated Bool COMMENT 'made by a simulator' CODEC(ZSTD(1)),
    events SimpleAggregateFunction(sum, UInt64) COMMENT 'records of the source' CODEC(ZSTD(1)),
    rows SimpleAggregateFunction(sum, UInt64) COMMENT 'rows in the event table' CODEC(ZSTD(1)),
    late SimpleAggregateFunction(sum, UInt64) COMMENT 'rows that were late' CODEC(ZSTD(1)),
    observed_time SimpleAggregateFunction(max, DateTime64(9, 'UTC')) COMMENT 'when the last of these events was received' CODEC(ZSTD(1))
)
ENGINE = {replicated}AggregatingMergeTree
PARTITION BY toDate(minute)
ORDER BY (toStartOfHour(minute), cluster, kind, source, namespace, peer_namespace, outcome, simulated, minute)
TTL toDateTime(observed_time) + toIntervalDay(90)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'how many events of each kind, namespace and outcome in each minute';

CREATE TABLE IF NOT EXISTS seawall.batch_ledger{local}{on_cluster}
(
    stored_at DateTime64(9, 'UTC') COMMENT 'when this row was written, after the events' CODEC(Delta, ZSTD(1)),
    batch_id String COMMENT 'the batch; fixed with its bytes before it was first sent' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster it is about' CODEC(ZSTD(1)),
    source LowCardinality(String) COMMENT 'the configured source that delivered it' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'the kind of event: the table the rows are in' CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT '`stored`; `repeat` (the batch was in the ledger before: nothing stored, its records count as duplicate); `refused` (nothing stored)' CODEC(ZSTD(1)),
    records_in UInt64 COMMENT 'records in the batch as received' CODEC(T64, ZSTD(1)),
    accepted UInt64 COMMENT 'records that gave at least one row, or were read and rightly give none' CODEC(T64, ZSTD(1)),
    duplicate UInt64 COMMENT 'records that had been stored before' CODEC(T64, ZSTD(1)),
    dropped Map(LowCardinality(String), UInt64) COMMENT 'readable records not stored, by reason' CODEC(ZSTD(1)),
    malformed UInt64 COMMENT 'records that could not be read' CODEC(T64, ZSTD(1)),
    malformed_why Map(LowCardinality(String), UInt64) COMMENT 'the same by reason' CODEC(ZSTD(1)),
    rows_out UInt64 COMMENT 'rows written; one record may give several' CODEC(T64, ZSTD(1)),
    late UInt64 COMMENT 'rows that were late; a property, they are stored like others' CODEC(T64, ZSTD(1)),
    future UInt64 COMMENT 'rows more than five minutes ahead of our clock' CODEC(T64, ZSTD(1)),
    least_time Nullable(DateTime64(9, 'UTC')) COMMENT 'least event time' CODEC(Delta, ZSTD(1)),
    greatest_time Nullable(DateTime64(9, 'UTC')) COMMENT 'greatest event time' CODEC(Delta, ZSTD(1)),
    received_at DateTime64(9, 'UTC') COMMENT 'when the batch arrived' CODEC(Delta, ZSTD(1)),
    bytes_in UInt64 COMMENT 'size as received, before decompression' CODEC(T64, ZSTD(1)),
    simulated Bool COMMENT 'the rows were made by a simulator' CODEC(ZSTD(1)),
    sender String COMMENT 'who sent it: principal, or file name' CODEC(ZSTD(1)),
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (kind, stored_at, batch_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'one row for each batch that was settled: how many records came, and what became of them';

CREATE TABLE IF NOT EXISTS seawall.rule_run{local}{on_cluster}
(
    ran_at DateTime64(9, 'UTC') COMMENT 'when the run ended' CODEC(Delta, ZSTD(1)),
    rule LowCardinality(String) COMMENT 'the rule\'s id' CODEC(ZSTD(1)),
    rule_version LowCardinality(String) COMMENT 'fingerprint of declaration and query' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster whose rows were read' CODEC(ZSTD(1)),
    batch_id String COMMENT 'the batch a stateless rule looked at; \'\' for a window' CODEC(ZSTD(1)),
    window_start Nullable(DateTime64(9, 'UTC')) COMMENT 'start of the window, included' CODEC(Delta, ZSTD(1)),
    window_end Nullable(DateTime64(9, 'UTC')) COMMENT 'end of the window, excluded' CODEC(Delta, ZSTD(1)),
    pass_number UInt8 COMMENT '0 for the first run, 1 for the one after a late batch' CODEC(ZSTD(1)),
    late_batch_id String COMMENT 'the late batch that caused the second run; \'\' in the first' CODEC(ZSTD(1)),
    rows_read UInt64 COMMENT 'rows the query read, as the store counted' CODEC(T64, ZSTD(1)),
    signals UInt64 COMMENT 'signals that came of it, suppressed ones included' CODEC(T64, ZSTD(1)),
    took Int64 COMMENT 'how long the run took' CODEC(T64, ZSTD(1)),
    error String COMMENT 'why it could not tell; \'\' if it could. The slice is tried again' CODEC(ZSTD(1)),
    INDEX batch_id_bloom batch_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(ran_at)
ORDER BY (rule, rule_version, ran_at, batch_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'one row for each time a rule looked at a slice: no slice is skipped, none silently looked at twice';

CREATE TABLE IF NOT EXISTS seawall.signal{local}{on_cluster}
(
    time DateTime64(9, 'UTC') COMMENT 'time of the latest event in it' CODEC(Delta, ZSTD(1)),
    signal_id String COMMENT 'hash of cluster, rule, version, window start, entity and key fields; the idempotency key of deliveries' CODEC(ZSTD(1)),
    written_at DateTime64(9, 'UTC') COMMENT 'when this version of the row was written' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'the rule\'s id' CODEC(ZSTD(1)),
    rule_version LowCardinality(String) COMMENT 'fingerprint of declaration and query' CODEC(ZSTD(1)),
    severity LowCardinality(String) COMMENT '`critical`, `high`, `medium`, `low`, `info`' CODEC(ZSTD(1)),
    score Nullable(Float64) COMMENT 'how unusual or certain, 0 to 1' CODEC(ZSTD(1)),
    title String COMMENT 'one line for people' CODEC(ZSTD(1)),
    reasons Array(String) COMMENT 'why, a sentence each' CODEC(ZSTD(1)),
    entity_kind LowCardinality(String) COMMENT 'what `entity` names: `user`, `workload`, `pod`, `node`, `address`' CODEC(ZSTD(1)),
    entity String COMMENT 'who or what it is about (`namespace/name` where it has one)' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace it is about; \'\' if none or several' CODEC(ZSTD(1)),
    workload LowCardinality(String) COMMENT 'the workload it is about; \'\' if none' CODEC(ZSTD(1)),
    workload_kind LowCardinality(String) COMMENT 'that workload\'s kind' CODEC(ZSTD(1)),
    key_fields Map(LowCardinality(String), String) COMMENT 'the other fields in the id' CODEC(ZSTD(1)),
    window_start Nullable(DateTime64(9, 'UTC')) COMMENT 'start of the window, included' CODEC(Delta, ZSTD(1)),
    window_end Nullable(DateTime64(9, 'UTC')) COMMENT 'end of the window, excluded' CODEC(Delta, ZSTD(1)),
    events UInt64 COMMENT 'how many events make it' CODEC(T64, ZSTD(1)),
    kinds Array(LowCardinality(String)) COMMENT 'the kinds of event it rests on' CODEC(ZSTD(1)),
    attack Array(LowCardinality(String)) COMMENT 'MITRE ATT&CK technique ids' CODEC(ZSTD(1)),
    suppressed_by String COMMENT 'the exception that silences it; \'\' if none' CODEC(ZSTD(1)),
    suppressed_until Nullable(DateTime64(9, 'UTC')) COMMENT 'when the exception ends' CODEC(Delta, ZSTD(1)),
    simulated Bool COMMENT 'rests on at least one simulated event' CODEC(ZSTD(1)),
    INDEX time_range time TYPE minmax GRANULARITY 4
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(time)
ORDER BY signal_id
TTL toDateTime(written_at) + toIntervalDay(400)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'what rules found; the id is a hash of what it is about, so writing one twice is harmless';

CREATE TABLE IF NOT EXISTS seawall.signal_evidence{local}{on_cluster}
(
    signal_id String COMMENT 'the signal' CODEC(ZSTD(1)),
    event_id String COMMENT 'the event, `batch_id.batch_row`' CODEC(ZSTD(1)),
    written_at DateTime64(9, 'UTC') COMMENT 'when it was copied' CODEC(Delta, ZSTD(1)),
    time DateTime64(9, 'UTC') COMMENT 'the event\'s time' CODEC(Delta, ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the event\'s cluster' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'the event\'s kind' CODEC(ZSTD(1)),
    namespaces Array(LowCardinality(String)) COMMENT 'the namespaces the event touches' CODEC(ZSTD(1)),
    event String COMMENT 'the event\'s row as JSON, by column' CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(time)
ORDER BY (signal_id, event_id)
TTL toDateTime(written_at) + toIntervalDay(400)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'the events a signal rests on, copied when it was written';

CREATE TABLE IF NOT EXISTS seawall.finding_transition{local}{on_cluster}
(
    at DateTime64(9, 'UTC') COMMENT 'when the scan that saw it was taken' CODEC(Delta, ZSTD(1)),
    fingerprint String COMMENT 'rule, cluster, owning workload and path by name' CODEC(ZSTD(1)),
    transition LowCardinality(String) COMMENT '`opened`, `changed`, `resolved`, `suppressed`, `unsuppressed`, `unknown`' CODEC(ZSTD(1)),
    scan_id String COMMENT 'the scan that saw it' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'the check\'s id' CODEC(ZSTD(1)),
    rule_version LowCardinality(String) COMMENT 'the check\'s version' CODEC(ZSTD(1)),
    severity LowCardinality(String) COMMENT '`critical`, `high`, `medium`, `low`, `info`' CODEC(ZSTD(1)),
    status LowCardinality(String) COMMENT '`fail`, `unknown`, `skipped`, `pass` (of a resolved one)' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the object\'s namespace; \'\' for what has none' CODEC(ZSTD(1)),
    object_kind LowCardinality(String) COMMENT 'the owning object\'s kind' CODEC(ZSTD(1)),
    object String COMMENT 'the owning object\'s name' CODEC(ZSTD(1)),
    path String COMMENT 'where in the object, by name, never by index' CODEC(ZSTD(1)),
    message String COMMENT 'one line for people' CODEC(ZSTD(1)),
    detail String COMMENT 'the finding as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (cluster, fingerprint, at, scan_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'one row for each change in a finding\'s life; the newest row of a fingerprint is its state';

CREATE TABLE IF NOT EXISTS seawall.scan_run{local}{on_cluster}
(
    started_at DateTime64(9, 'UTC') COMMENT 'when the snapshot scanned was taken' CODEC(Delta, ZSTD(1)),
    finished_at DateTime64(9, 'UTC') COMMENT 'when the scan ended' CODEC(Delta, ZSTD(1)),
    scan_id String COMMENT 'the scan' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster' CODEC(ZSTD(1)),
    cluster_name LowCardinality(String) COMMENT 'what people called the cluster then' CODEC(ZSTD(1)),
    version LowCardinality(String) COMMENT 'the version of Seawall that scanned' CODEC(ZSTD(1)),
    objects UInt64 COMMENT 'objects scanned' CODEC(T64, ZSTD(1)),
    findings Map(LowCardinality(String), UInt64) COMMENT 'open findings by severity' CODEC(ZSTD(1)),
    unknown UInt64 COMMENT 'answers that could not be given' CODEC(T64, ZSTD(1)),
    coverage String COMMENT 'what could not be collected, as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(finished_at)
PARTITION BY toYYYYMM(started_at)
ORDER BY scan_id
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'one row for each scan of a live cluster or an uploaded snapshot';

CREATE TABLE IF NOT EXISTS seawall.case_entry{local}{on_cluster}
(
    at DateTime64(9, 'UTC') COMMENT 'when' CODEC(Delta, ZSTD(1)),
    entry_id String COMMENT 'this entry; a repeat has the same' CODEC(ZSTD(1)),
    case_id String COMMENT 'the case (incident)' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster it is about' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'who did it: a principal, or `seawall` for a scheduler' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'what was done' CODEC(ZSTD(1)),
    seen String COMMENT 'the last entry the actor saw; \'\' for the first' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace it is about; \'\' if none or several' CODEC(ZSTD(1)),
    data String COMMENT 'what the action carries, as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (case_id, at, entry_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'the life of an incident: opened, signal added, acknowledged, assigned, noted, merged, closed';

CREATE TABLE IF NOT EXISTS seawall.plan_entry{local}{on_cluster}
(
    at DateTime64(9, 'UTC') COMMENT 'when' CODEC(Delta, ZSTD(1)),
    entry_id String COMMENT 'this entry; a repeat has the same' CODEC(ZSTD(1)),
    plan_id String COMMENT 'the Plan' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster it is about' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'who did it: a principal, or `seawall` for a scheduler' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'what was done' CODEC(ZSTD(1)),
    seen String COMMENT 'the last entry the actor saw; \'\' for the first' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace it is about; \'\' if none or several' CODEC(ZSTD(1)),
    data String COMMENT 'what the action carries, as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (plan_id, at, entry_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'the life of a Plan: made, previewed, approved, applied, expired, undone, failed';

CREATE TABLE IF NOT EXISTS seawall.outbox{local}{on_cluster}
(
    at DateTime64(9, 'UTC') COMMENT 'when' CODEC(Delta, ZSTD(1)),
    entry_id String COMMENT 'this entry; a repeat has the same' CODEC(ZSTD(1)),
    message_id String COMMENT 'the message; the same on every attempt' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster it is about' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'who did it: a principal, or `seawall` for a scheduler' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'what was done' CODEC(ZSTD(1)),
    seen String COMMENT 'the last entry the actor saw; \'\' for the first' CODEC(ZSTD(1)),
    data String COMMENT 'what the action carries, as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (message_id, at, entry_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'deliveries to people and systems: queued, sent, failed, given up; the message id is the receiver\'s idempotency key';

CREATE TABLE IF NOT EXISTS seawall.seawall_audit{local}{on_cluster}
(
    at DateTime64(9, 'UTC') COMMENT 'when' CODEC(Delta, ZSTD(1)),
    entry_id String COMMENT 'this entry; a repeat has the same' CODEC(ZSTD(1)),
    cluster LowCardinality(String) COMMENT 'the cluster asked about; \'\' for several or none' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'the principal; \'\' before sign-in' CODEC(ZSTD(1)),
    role LowCardinality(String) COMMENT 'the role it acted in' CODEC(ZSTD(1)),
    action LowCardinality(String) COMMENT 'what was asked: the operation\'s id' CODEC(ZSTD(1)),
    target String COMMENT 'on what' CODEC(ZSTD(1)),
    outcome LowCardinality(String) COMMENT '`ok`, `denied`, `refused`, `failed`' CODEC(ZSTD(1)),
    client_address String COMMENT 'from where' CODEC(ZSTD(1)),
    user_agent_original String COMMENT 'what the client says it is' CODEC(ZSTD(1)),
    data String COMMENT 'parameters, as JSON' CODEC(ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, entry_id)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'who looked at or did what in Seawall itself';

CREATE TABLE IF NOT EXISTS seawall.identity_interval{local}{on_cluster}
(
    cluster LowCardinality(String) COMMENT 'the cluster; addresses are unique within one only' CODEC(ZSTD(1)),
    address String COMMENT 'the address' CODEC(ZSTD(1)),
    valid_from DateTime64(9, 'UTC') COMMENT 'first moment known, included' CODEC(Delta, ZSTD(1)),
    valid_to Nullable(DateTime64(9, 'UTC')) COMMENT 'end, excluded' CODEC(Delta, ZSTD(1)),
    written_at DateTime64(9, 'UTC') COMMENT 'when this version of the row was written' CODEC(Delta, ZSTD(1)),
    entity LowCardinality(String) COMMENT '`pod`, `node`, `service`' CODEC(ZSTD(1)),
    uid String COMMENT 'UID of that object' CODEC(ZSTD(1)),
    namespace LowCardinality(String) COMMENT 'the namespace that did it; \'\' for what has none and for what is not known' CODEC(ZSTD(1)),
    pod String COMMENT 'the pod that did it' CODEC(ZSTD(1)),
    workload LowCardinality(String) COMMENT 'the topmost owner of that pod at that time, by name (a Deployment, not its ReplicaSet)' CODEC(ZSTD(1)),
    workload_kind LowCardinality(String) COMMENT 'the Kubernetes kind of the workload; `Pod` for a pod without owner' CODEC(ZSTD(1)),
    node LowCardinality(String) COMMENT 'the node that did it' CODEC(ZSTD(1)),
    service LowCardinality(String) COMMENT 'the Service, for a service address' CODEC(ZSTD(1)),
    service_account LowCardinality(String) COMMENT 'the pod\'s service account' CODEC(ZSTD(1)),
    labels Array(LowCardinality(String)) COMMENT 'the object\'s labels as `key=value`, sorted' CODEC(ZSTD(1)),
    host_network Bool COMMENT 'the pod shares its node\'s address' CODEC(ZSTD(1)),
    known_from LowCardinality(String) COMMENT '`watch`, `snapshot` or the event source that said so' CODEC(ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(valid_from)
ORDER BY (cluster, address, valid_from, uid)
TTL toDateTime(written_at) + toIntervalDay(90)
SETTINGS {window} = 10000, ttl_only_drop_parts = 1
COMMENT 'who owned an address from when to when; the answer to \'who was 10.0.3.7 at 03:12\'';

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.flow{on_cluster} AS seawall.flow{local}
ENGINE = Distributed({cluster}, seawall, flow{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.dns{on_cluster} AS seawall.dns{local}
ENGINE = Distributed({cluster}, seawall, dns{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.audit{on_cluster} AS seawall.audit{local}
ENGINE = Distributed({cluster}, seawall, audit{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.process{on_cluster} AS seawall.process{local}
ENGINE = Distributed({cluster}, seawall, process{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.edge_minute{on_cluster} AS seawall.edge_minute{local}
ENGINE = Distributed({cluster}, seawall, edge_minute{local}, cityHash64(minute));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.edge_hour{on_cluster} AS seawall.edge_hour{local}
ENGINE = Distributed({cluster}, seawall, edge_hour{local}, cityHash64(hour));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.event_minute{on_cluster} AS seawall.event_minute{local}
ENGINE = Distributed({cluster}, seawall, event_minute{local}, cityHash64(minute));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.batch_ledger{on_cluster} AS seawall.batch_ledger{local}
ENGINE = Distributed({cluster}, seawall, batch_ledger{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.rule_run{on_cluster} AS seawall.rule_run{local}
ENGINE = Distributed({cluster}, seawall, rule_run{local}, cityHash64(batch_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.signal{on_cluster} AS seawall.signal{local}
ENGINE = Distributed({cluster}, seawall, signal{local}, cityHash64(signal_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.signal_evidence{on_cluster} AS seawall.signal_evidence{local}
ENGINE = Distributed({cluster}, seawall, signal_evidence{local}, cityHash64(signal_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.finding_transition{on_cluster} AS seawall.finding_transition{local}
ENGINE = Distributed({cluster}, seawall, finding_transition{local}, cityHash64(fingerprint));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.scan_run{on_cluster} AS seawall.scan_run{local}
ENGINE = Distributed({cluster}, seawall, scan_run{local}, cityHash64(scan_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.case_entry{on_cluster} AS seawall.case_entry{local}
ENGINE = Distributed({cluster}, seawall, case_entry{local}, cityHash64(case_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.plan_entry{on_cluster} AS seawall.plan_entry{local}
ENGINE = Distributed({cluster}, seawall, plan_entry{local}, cityHash64(plan_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.outbox{on_cluster} AS seawall.outbox{local}
ENGINE = Distributed({cluster}, seawall, outbox{local}, cityHash64(message_id));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.seawall_audit{on_cluster} AS seawall.seawall_audit{local}
ENGINE = Distributed({cluster}, seawall, seawall_audit{local}, cityHash64(at));

-- on a cluster only
CREATE TABLE IF NOT EXISTS seawall.identity_interval{on_cluster} AS seawall.identity_interval{local}
ENGINE = Distributed({cluster}, seawall, identity_interval{local}, cityHash64(cluster));

CREATE VIEW IF NOT EXISTS seawall.signal_now{on_cluster} AS
SELECT * FROM seawall.signal FINAL;

CREATE VIEW IF NOT EXISTS seawall.signal_evidence_now{on_cluster} AS
SELECT * FROM seawall.signal_evidence FINAL;

CREATE VIEW IF NOT EXISTS seawall.scan_run_now{on_cluster} AS
SELECT * FROM seawall.scan_run FINAL;

CREATE VIEW IF NOT EXISTS seawall.identity_interval_now{on_cluster} AS
SELECT * FROM seawall.identity_interval FINAL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.edge_minute_of_flow{on_cluster} TO seawall.edge_minute{local} AS
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    client_entity AS src_entity,
    client_namespace AS src_namespace,
    client_workload AS src_workload,
    client_workload_kind AS src_workload_kind,
    multiIf(
        client_workload != '', '',
        client_entity = 'node' AND client_node != '', client_node,
        client_domain != '', client_domain,
        isIPv4String(client_address), concat(IPv4NumToString(bitAnd(IPv4StringToNumOrDefault(client_address), 0xFFFFFF00)), '/24'),
        isIPv6String(client_address), concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client_address), 48), 1)), '/48'),
        '') AS src_peer,
    server_entity AS dst_entity,
    server_namespace AS dst_namespace,
    server_workload AS dst_workload,
    server_workload_kind AS dst_workload_kind,
    multiIf(
        server_workload != '', '',
        server_entity = 'node' AND server_node != '', server_node,
        server_domain != '', server_domain,
        isIPv4String(server_address), concat(IPv4NumToString(bitAnd(IPv4StringToNumOrDefault(server_address), 0xFFFFFF00)), '/24'),
        isIPv6String(server_address), concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(server_address), 48), 1)), '/48'),
        '') AS dst_peer,
    server_service AS dst_service,
    network_transport,
    server_port AS dst_port,
    network_protocol,
    verdict,
    ifNull(flow_model_verdict, '') AS model_verdict,
    ifNull(flow_staged_verdict, '') AS staged_verdict,
    if(empty(flow_policies), model_policy, arrayStringConcat(flow_policies, ', ')) AS policies,
    reporter,
    source,
    simulated,
    sumIf(flow_events, NOT reply) AS events,
    sumIf(flow_events, reply) AS reply_events,
    sum(client_bytes) AS bytes_sent,
    sum(server_bytes) AS bytes_received,
    sum(client_packets) AS packets_sent,
    sum(server_packets) AS packets_received,
    max(flow_observed_time) AS observed_time,
    min(time) AS first_time,
    max(time) AS last_time,
    uniqState(client_address) AS src_addresses,
    uniqState(server_address) AS dst_addresses
FROM
(
    SELECT
        time, cluster, network_transport, network_protocol, verdict, model_policy, reporter, source, simulated,
        model_verdict AS flow_model_verdict, staged_verdict AS flow_staged_verdict, policies AS flow_policies,
        events AS flow_events, observed_time AS flow_observed_time,
        ifNull(is_reply, false) AS reply,
        if(reply, dst_entity, src_entity) AS client_entity, if(reply, src_entity, dst_entity) AS server_entity,
        if(reply, dst_namespace, src_namespace) AS client_namespace, if(reply, src_namespace, dst_namespace) AS server_namespace,
        if(reply, dst_workload, src_workload) AS client_workload, if(reply, src_workload, dst_workload) AS server_workload,
        if(reply, dst_workload_kind, src_workload_kind) AS client_workload_kind,
        if(reply, src_workload_kind, dst_workload_kind) AS server_workload_kind,
        if(reply, dst_node, src_node) AS client_node, if(reply, src_node, dst_node) AS server_node,
        if(reply, dst_domain, src_domain) AS client_domain, if(reply, src_domain, dst_domain) AS server_domain,
        if(reply, dst_address, src_address) AS client_address, if(reply, src_address, dst_address) AS server_address,
        if(reply, src_service, dst_service) AS server_service,
        if(reply, src_port, dst_port) AS server_port,
        if(reply, bytes_received, bytes_sent) AS client_bytes, if(reply, bytes_sent, bytes_received) AS server_bytes,
        if(reply, packets_received, packets_sent) AS client_packets, if(reply, packets_sent, packets_received) AS server_packets
    FROM seawall.flow{local}
)
GROUP BY ALL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.edge_hour_of_edge_minute{on_cluster} TO seawall.edge_hour{local} AS
SELECT
    toDateTime64(toStartOfHour(minute), 9, 'UTC') AS hour,
    cluster, src_entity, src_namespace, src_workload, src_workload_kind, src_peer,
    dst_entity, dst_namespace, dst_workload, dst_workload_kind, dst_peer, dst_service,
    network_transport, dst_port, network_protocol, verdict, model_verdict, staged_verdict, policies, reporter, source, simulated,
    sum(m.events) AS events,
    sum(m.reply_events) AS reply_events,
    sum(m.bytes_sent) AS bytes_sent,
    sum(m.bytes_received) AS bytes_received,
    sum(m.packets_sent) AS packets_sent,
    sum(m.packets_received) AS packets_received,
    max(m.observed_time) AS observed_time,
    min(m.first_time) AS first_time,
    max(m.last_time) AS last_time,
    uniqMergeState(m.src_addresses) AS src_addresses,
    uniqMergeState(m.dst_addresses) AS dst_addresses
FROM seawall.edge_minute{local} AS m
GROUP BY ALL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.event_minute_of_flow{on_cluster} TO seawall.event_minute{local} AS
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    'flow' AS kind,
    source,
    src_namespace AS namespace,
    dst_namespace AS peer_namespace,
    verdict AS outcome,
    simulated,
    sum(row_events) AS events,
    count() AS rows,
    countIf(row_late) AS late,
    max(row_observed_time) AS observed_time
FROM (SELECT *, toUInt64(events) AS row_events, late AS row_late, observed_time AS row_observed_time FROM seawall.flow{local})
GROUP BY ALL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.event_minute_of_dns{on_cluster} TO seawall.event_minute{local} AS
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    'dns' AS kind,
    source,
    namespace AS namespace,
    '' AS peer_namespace,
    ifNull(response_code, 'query') AS outcome,
    simulated,
    sum(row_events) AS events,
    count() AS rows,
    countIf(row_late) AS late,
    max(row_observed_time) AS observed_time
FROM (SELECT *, toUInt64(1) AS row_events, late AS row_late, observed_time AS row_observed_time FROM seawall.dns{local})
GROUP BY ALL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.event_minute_of_audit{on_cluster} TO seawall.event_minute{local} AS
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    'audit' AS kind,
    source,
    namespace AS namespace,
    '' AS peer_namespace,
    multiIf(isNull(code), 'pending', code IN (401, 403), 'forbidden', code >= 400, 'error', 'ok') AS outcome,
    simulated,
    sum(row_events) AS events,
    count() AS rows,
    countIf(row_late) AS late,
    max(row_observed_time) AS observed_time
FROM (SELECT *, toUInt64(1) AS row_events, late AS row_late, observed_time AS row_observed_time FROM seawall.audit{local})
GROUP BY ALL;

CREATE MATERIALIZED VIEW IF NOT EXISTS seawall.event_minute_of_process{on_cluster} TO seawall.event_minute{local} AS
SELECT
    toDateTime64(toStartOfMinute(time), 9, 'UTC') AS minute,
    cluster,
    'process' AS kind,
    source,
    namespace AS namespace,
    '' AS peer_namespace,
    action AS outcome,
    simulated,
    sum(row_events) AS events,
    count() AS rows,
    countIf(row_late) AS late,
    max(row_observed_time) AS observed_time
FROM (SELECT *, toUInt64(1) AS row_events, late AS row_late, observed_time AS row_observed_time FROM seawall.process{local})
GROUP BY ALL;
