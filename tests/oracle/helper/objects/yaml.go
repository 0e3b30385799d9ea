package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"

	yamlv2 "go.yaml.in/yaml/v2"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("yaml", convertYAML)
	operation.Register("documents", splitYAML)
}

// source is a text, or bytes where the text is not UTF-8.
type source struct {
	Text  string `json:"text"`
	Bytes []byte `json:"base64"`
}

func (s source) bytes() []byte {
	if s.Bytes != nil {
		return s.Bytes
	}
	return []byte(s.Text)
}

type yamlQuestion struct {
	source
	Strict bool `json:"strict"`
}

type yamlAnswer struct {
	JSON     string `json:"json,omitempty"`
	Error    string `json:"error,omitempty"`
	Unstable bool   `json:"unstable,omitempty"`
}

func convertYAML(question yamlQuestion) (any, error) {
	if question.Strict {
		return convert(question.bytes(), yaml.YAMLToJSONStrict), nil
	}
	return convert(question.bytes(), yaml.YAMLToJSON), nil
}

// Of two keys that become the same string, as `1: a` beside `"1": b`, upstream keeps the one it visits last, and it
// visits in no fixed order. This many conversions show that its answer is not always the same.
const stabilityRuns = 128

func convert(text []byte, toJSON func([]byte) ([]byte, error)) yamlAnswer {
	answer := convertOnce(text, toJSON)
	var raw any
	if yamlv2.Unmarshal(text, &raw) == nil && hasCollision(raw) {
		for range stabilityRuns {
			if convertOnce(text, toJSON) != answer {
				answer.Unstable = true
				break
			}
		}
	}
	return answer
}

func convertOnce(text []byte, toJSON func([]byte) ([]byte, error)) yamlAnswer {
	result, err := toJSON(text)
	if err != nil {
		return yamlAnswer{Error: err.Error()}
	}
	return yamlAnswer{JSON: string(result)}
}

// hasCollision tells whether a mapping has two keys that become the same string.
func hasCollision(value any) bool {
	switch value := value.(type) {
	case map[any]any:
		texts := map[string]struct{}{}
		for key, member := range value {
			texts[keyText(key)] = struct{}{}
			if hasCollision(member) {
				return true
			}
		}
		return len(texts) < len(value)
	case []any:
		return slices.ContainsFunc(value, hasCollision)
	}
	return false
}

// keyText is the string that upstream makes of a key: floats as single precision, the rest as it prints.
func keyText(key any) string {
	if number, isFloat := key.(float64); isFloat {
		return strconv.FormatFloat(number, 'g', -1, 32)
	}
	return fmt.Sprint(key)
}

type documentsQuestion struct {
	source
	Reader string `json:"reader"`
}

type documentsAnswer struct {
	Documents []yamlAnswer `json:"documents"`
	Error     string       `json:"error,omitempty"`
}

// splitYAML reads a stream of documents: as apimachinery's YAML reader does, a document that fails not stopping the
// rest ("yaml"), or as kubectl does for -f, which stops at the first failure and drops empty documents ("kubectl").
func splitYAML(question documentsQuestion) (any, error) {
	if question.Reader == "kubectl" {
		return readAsKubectl(question.bytes()), nil
	}
	return readDocuments(question.bytes()), nil
}

func readDocuments(stream []byte) documentsAnswer {
	answer := documentsAnswer{Documents: []yamlAnswer{}}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return answer
		}
		if err != nil {
			answer.Error = err.Error()
			return answer
		}
		answer.Documents = append(answer.Documents, convert(document, yaml.YAMLToJSON))
	}
}

func readAsKubectl(stream []byte) documentsAnswer {
	answer := documentsAnswer{Documents: []yamlAnswer{}}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	for {
		document := runtime.RawExtension{}
		err := decoder.Decode(&document)
		if err == io.EOF {
			return answer
		}
		if err != nil {
			answer.Error = err.Error()
			return answer
		}
		raw := bytes.TrimSpace(document.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		answer.Documents = append(answer.Documents, yamlAnswer{JSON: string(raw)})
	}
}
