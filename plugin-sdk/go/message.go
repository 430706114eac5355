package plugin

import "encoding/json"

const (
	codeParse         = -32700
	codeNoMethod      = -32601
	codeInternal      = -32603
	codeNotPermitted  = -32001
	codeConfigInvalid = -32004
	codeNotFound      = -32011
)

// message is a request of the host, or its answer to one of ours.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

type asked struct {
	Version string `json:"jsonrpc"`
	ID      int64  `json:"id,omitempty"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// Error is an error with a code of the protocol, such as -32011 for a key that the host does not have.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

func success(id json.RawMessage, result any) answer {
	return answer{Version: "2.0", ID: id, Result: result}
}

func failure(id json.RawMessage, code int, text string) answer {
	return answer{Version: "2.0", ID: id, Error: &Error{Code: code, Message: text}}
}
