package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("selector", matchSelector)
	operation.Register("selector_text", matchSelectorText)
}

type selectorQuestion struct {
	Selector *metav1.LabelSelector `json:"selector"` // null selects nothing, {} everything
	Sets     []labels.Set          `json:"sets"`
}

type selectorTextQuestion struct {
	Text string       `json:"text"`
	Sets []labels.Set `json:"sets"`
}

type selectorAnswer struct {
	Canonical string `json:"canonical"`
	Matches   []bool `json:"matches"`
}

func matchSelector(question selectorQuestion) (any, error) {
	selector, err := metav1.LabelSelectorAsSelector(question.Selector)
	if err != nil {
		return nil, err
	}
	return match(selector, question.Sets), nil
}

func matchSelectorText(question selectorTextQuestion) (any, error) {
	selector, err := labels.Parse(question.Text)
	if err != nil {
		return nil, err
	}
	return match(selector, question.Sets), nil
}

func match(selector labels.Selector, sets []labels.Set) selectorAnswer {
	answer := selectorAnswer{Canonical: selector.String(), Matches: make([]bool, len(sets))}
	for i, set := range sets {
		answer.Matches[i] = selector.Matches(set)
	}
	return answer
}
