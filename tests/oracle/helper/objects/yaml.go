package main

import (
	"bufio"
	"bytes"
	"io"

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

// The order in which upstream visits a mapping decides which of two keys that become the same string is kept, as for
// `1: a` beside `"1": b`. This many conversions tell whether the answer depends on it.
const stabilityRuns = 24

func convert(text []byte, toJSON func([]byte) ([]byte, error)) yamlAnswer {
	result, err := toJSON(text)
	if err != nil {
		return yamlAnswer{Error: err.Error()}
	}
	answer := yamlAnswer{JSON: string(result)}
	var raw any
	if yamlv2.Unmarshal(text, &raw) == nil && hasOtherKeys(raw) {
		for range stabilityRuns {
			again, err := toJSON(text)
			if err != nil || !bytes.Equal(again, result) {
				answer.Unstable = true
				break
			}
		}
	}
	return answer
}

// hasOtherKeys tells whether a mapping has a key that is not a string beside another key.
func hasOtherKeys(value any) bool {
	switch value := value.(type) {
	case map[any]any:
		for key, member := range value {
			if _, text := key.(string); !text && len(value) > 1 {
				return true
			}
			if hasOtherKeys(member) {
				return true
			}
		}
	case []any:
		for _, member := range value {
			if hasOtherKeys(member) {
				return true
			}
		}
	}
	return false
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
