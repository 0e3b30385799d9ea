package main

import (
	"regexp"

	"k8s.io/apimachinery/pkg/api/resource"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("quantity", readQuantity)
}

type quantityQuestion struct {
	Text  string  `json:"text"`
	JSON  bool    `json:"json"`  // text is a JSON value, as in a manifest, and not the bare string
	Other *string `json:"other"` // a second quantity to compare with
}

type quantityAnswer struct {
	Canonical string `json:"canonical"`
	Format    string `json:"format"`
	Exact     string `json:"exact"`
	Value     int64  `json:"value"`
	Milli     int64  `json:"milli"`
	Compared  *int   `json:"compared,omitempty"`
}

func readQuantity(question quantityQuestion) (any, error) {
	quantity, err := parseQuantity(question.Text, question.JSON)
	if err != nil {
		return nil, err
	}
	answer := quantityAnswer{Format: string(quantity.Format), Value: quantity.Value(), Milli: quantity.MilliValue()}
	number, suffix := quantity.CanonicalizeBytes(make([]byte, 0, 32))
	answer.Canonical = string(number) + string(suffix)
	if question.Other != nil {
		other, err := parseQuantity(*question.Other, question.JSON)
		if err != nil {
			return nil, err
		}
		compared := quantity.Cmp(other)
		answer.Compared = &compared
	}
	exact := quantity.DeepCopy() // AsDec changes the quantity it is asked of
	answer.Exact = exact.AsDec().String()
	return answer, nil
}

// Upstream writes such an exponent out in digits, which takes it seconds to hours: nothing to ask it in a test.
var endless = regexp.MustCompile(`[eE][+-]?\d{7,}\s*"?\s*$`)

func parseQuantity(text string, isJSON bool) (resource.Quantity, error) {
	if endless.MatchString(text) {
		return resource.Quantity{}, operation.Fault("upstream does not come back from %q", text)
	}
	if !isJSON {
		return resource.ParseQuantity(text)
	}
	var quantity resource.Quantity
	err := quantity.UnmarshalJSON([]byte(text))
	return quantity, err
}
