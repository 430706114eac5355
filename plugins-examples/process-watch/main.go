// Process-watch keeps a host awake while certain programs run. It speaks CloudSnooze's plugin protocol, one JSON message
// a line, on stdin and stdout, and depends on the standard library alone.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Config json.RawMessage `json:"config"`
	} `json:"params"`
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *failure        `json:"error,omitempty"`
}

type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func main() {
	watch := newWatch("/proc")
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 0, 64*1024), 1024*1024)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var asked request
		if json.Unmarshal(input.Bytes(), &asked) != nil || len(asked.ID) == 0 {
			continue // an empty line, or a notification
		}
		result, err := respond(watch, asked)
		if output.Encode(answer{Version: "2.0", ID: asked.ID, Result: result, Error: err}) != nil || asked.Method == "Shutdown" {
			return // nobody reads any more, or nobody will
		}
	}
}

func respond(watch *watch, asked request) (any, *failure) {
	switch asked.Method {
	case "Initialize", "Configure":
		if err := watch.configure(asked.Params.Config); err != nil {
			return nil, &failure{-32004, err.Error()}
		}
		return map[string]any{"protocol_version": 1}, nil
	case "CheckIdle":
		verdict, err := watch.check()
		if err != nil {
			return nil, &failure{-32603, err.Error()}
		}
		return verdict, nil
	case "Shutdown":
		return struct{}{}, nil
	}
	return nil, &failure{-32601, "process-watch has no " + asked.Method}
}
