package main

import (
	"encoding/json"
	"fmt"

	certsv1beta1 "k8s.io/api/certificates/v1beta1"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	"k8s.io/kubernetes/pkg/auth/nodeidentifier"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/node"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
	"k8s.io/utils/ptr"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("node", authorizeNode)
}

type nodeQuestion struct {
	Objects  []json.RawMessage `json:"objects"`
	Requests []request         `json:"requests"`
	Features map[string]bool   `json:"features"`
}

func authorizeNode(question nodeQuestion) (any, error) {
	restore, err := setFeatures(question.Features)
	if err != nil {
		return nil, err
	}
	defer restore()
	graph := node.NewGraph()
	for i, raw := range question.Objects {
		if err := addToGraph(graph, raw); err != nil {
			return nil, fmt.Errorf("object %d: %w", i, err)
		}
	}
	judge := node.NewAuthorizer(graph, nodeidentifier.NewDefaultNodeIdentifier(), bootstrappolicy.NodeRules())
	return decide(judge, false, question.Requests), nil
}

// addToGraph adds what the API server's informers would add for an object. A node itself gives no edge.
func addToGraph(graph *node.Graph, raw json.RawMessage) error {
	kind, err := kindOf(raw)
	if err != nil {
		return err
	}
	switch kind {
	case "Node":
	case "Pod":
		pod, err := decode[corev1.Pod](raw)
		if err != nil {
			return err
		}
		if pod.Spec.NodeName != "" { // as the graph's populator: only a scheduled pod counts
			graph.AddPod(pod)
		}
	case "PersistentVolume":
		volume, err := decode[corev1.PersistentVolume](raw)
		if err != nil {
			return err
		}
		graph.AddPV(volume)
	case "VolumeAttachment":
		attachment, err := decode[storagev1.VolumeAttachment](raw)
		if err != nil {
			return err
		}
		graph.AddVolumeAttachment(attachment.Name, attachment.Spec.NodeName)
	case "ResourceSlice":
		slice, err := decode[resourcev1.ResourceSlice](raw)
		if err != nil {
			return err
		}
		graph.AddResourceSlice(slice.Name, ptr.Deref(slice.Spec.NodeName, ""))
	case "PodCertificateRequest":
		certificate, err := decode[certsv1beta1.PodCertificateRequest](raw)
		if err != nil {
			return err
		}
		graph.AddPodCertificateRequest(certificate)
	default:
		return fmt.Errorf("not a kind that the node authorizer knows: %q", kind)
	}
	return nil
}

// setFeatures turns feature gates as asked and returns the act that turns them back.
func setFeatures(wanted map[string]bool) (restore func(), err error) {
	gate := utilfeature.DefaultMutableFeatureGate
	known := gate.GetAll()
	before := map[string]bool{}
	for name := range wanted {
		if _, found := known[featuregate.Feature(name)]; !found {
			return nil, fmt.Errorf("unknown feature %q", name)
		}
		before[name] = gate.Enabled(featuregate.Feature(name))
	}
	if err := gate.SetFromMap(wanted); err != nil {
		return nil, err
	}
	return func() {
		if err := gate.SetFromMap(before); err != nil {
			panic(err)
		}
	}, nil
}
