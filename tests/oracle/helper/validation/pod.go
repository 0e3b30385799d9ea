package main

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	kjson "sigs.k8s.io/json"

	"seawall.test/oracle/operation"
)

func init() {
	// Privileged containers are allowed, as every distribution starts its API server.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
	operation.Register("validate_pod", validatePod)
}

type podQuestion struct {
	Pod json.RawMessage `json:"pod"`
}

// refusal is a field error without its words and its value.
type refusal struct {
	Field string `json:"field"`
	Type  string `json:"type"`
}

func validatePod(question podQuestion) (any, error) {
	var given corev1.Pod
	if err := kjson.UnmarshalCaseSensitivePreserveInts(question.Pod, &given); err != nil {
		return nil, err
	}
	legacyscheme.Scheme.Default(&given)
	var pod core.Pod
	if err := legacyscheme.Scheme.Convert(&given, &pod, nil); err != nil {
		return nil, err
	}
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(&pod.Spec, nil, &pod.ObjectMeta, nil)
	options.ResourceIsPod = true
	return map[string]any{"refusals": refusals(validation.ValidatePodCreate(&pod, options))}, nil
}

func refusals(errors field.ErrorList) []refusal {
	found := []refusal{}
	for _, one := range errors {
		found = append(found, refusal{Field: one.Field, Type: string(one.Type)})
	}
	return found
}
