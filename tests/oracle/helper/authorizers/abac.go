package main

import (
	"errors"
	"os"
	"strings"

	"k8s.io/kubernetes/pkg/auth/authorizer/abac"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("abac", authorizeByABAC)
}

type abacQuestion struct {
	Policy   string    `json:"policy"` // the text of a policy file
	Requests []request `json:"requests"`
}

func authorizeByABAC(question abacQuestion) (any, error) {
	file, err := os.CreateTemp("", "abac-*.jsonl")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(question.Policy)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	policies, err := abac.NewFromFile(file.Name())
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), file.Name(), "policy.jsonl"))
	}
	return decide(policies, false, question.Requests), nil
}
