package main

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
)

// kindOf reads the kind of an object.
func kindOf(raw json.RawMessage) (string, error) {
	var head metav1.TypeMeta
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &head); err != nil {
		return "", err
	}
	if head.Kind == "" {
		return "", fmt.Errorf("object without kind: %.80s", raw)
	}
	return head.Kind, nil
}

// decode reads an object as the API server does, without defaulting.
func decode[Object any](raw json.RawMessage) (*Object, error) {
	object := new(Object)
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, object); err != nil {
		return nil, err
	}
	return object, nil
}
