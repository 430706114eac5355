package plugin

import (
	"bytes"
	"encoding/json"
)

// The largest message in either direction, in bytes.
const messageLimit = 1024 * 1024

const (
	codeParse         = -32700
	codeNoMethod      = -32601
	codeInternal      = -32603
	codeConfigInvalid = -32004
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *answerError    `json:"error,omitempty"`
}

type answerError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func success(id json.RawMessage, result any) answer {
	return answer{Version: "2.0", ID: id, Result: result}
}

func failure(id json.RawMessage, code int, message string) answer {
	return answer{Version: "2.0", ID: id, Error: &answerError{Code: code, Message: message}}
}

func (e *answerError) Error() string { return e.Message }

func trimSpace(line []byte) []byte { return bytes.TrimSpace(line) }
