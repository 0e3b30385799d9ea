// Package operation holds the table of questions a program of the oracle can answer, and the loop that answers them.
//
// A question is one line of JSON with the member "op" and the members its operation defines; the answer is one line of
// JSON. Answers come in the order of the questions. An answer with the member "error" is a judgement of the upstream
// code (or the fact that it panicked); one with "fault" says that the question itself was not understood.
package operation

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	kjson "sigs.k8s.io/json"
)

type handler func(line []byte) (any, error)

var table = map[string]handler{}

// Register adds an operation. Question is the Go type of its members; an error of answer becomes {"error": …}.
// Call it from an init function: a new operation is one new file.
func Register[Question any](name string, answer func(Question) (any, error)) {
	if _, taken := table[name]; taken {
		panic("operation registered twice: " + name)
	}
	table[name] = func(line []byte) (any, error) {
		var question Question
		// As the API server reads JSON: the case of a member counts.
		if err := kjson.UnmarshalCaseSensitivePreserveInts(line, &question); err != nil {
			return nil, fault{err}
		}
		return answer(question)
	}
}

// fault marks an error of the asker, as opposed to a judgement of the upstream code.
type fault struct{ error }

// Fault makes an error that an operation returns for a question which it cannot put to upstream.
func Fault(format string, values ...any) error {
	return fault{fmt.Errorf(format, values...)}
}

type failure struct {
	Error string `json:"error,omitempty"`
	Fault string `json:"fault,omitempty"`
}

// Serve answers every line of in on out until in ends. Output is flushed whenever no further question is waiting.
func Serve(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // answers live briefly: collecting rarely is worth its memory
	reader := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriterSize(out, 1<<20)
	for {
		line, err := readLine(reader)
		if len(line) > 0 {
			if _, err := writer.Write(append(answerLine(line), '\n')); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}

// readLine returns the next line without its end; the slice is valid until the next call.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return trimEnd(line), err
	}
	long := append([]byte(nil), line...)
	rest, err := reader.ReadBytes('\n')
	return trimEnd(append(long, rest...)), err
}

func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line[:n-1]
	}
	return line
}

func answerLine(line []byte) []byte {
	answer, err := judge(line)
	if err != nil {
		if wrong := (fault{}); errors.As(err, &wrong) {
			answer = failure{Fault: err.Error()}
		} else {
			answer = failure{Error: err.Error()}
		}
	}
	encoded, err := json.Marshal(answer)
	if err != nil {
		encoded, _ = json.Marshal(failure{Error: "answer cannot be encoded: " + err.Error()})
	}
	return encoded
}

func judge(line []byte) (answer any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("panic: %v", cause)
		}
	}()
	var head struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fault{err}
	}
	handle, known := table[head.Op]
	if !known {
		return nil, Fault("unknown operation %q", head.Op)
	}
	return handle(line)
}
