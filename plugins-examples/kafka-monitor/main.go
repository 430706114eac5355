// Kafka-monitor keeps a host awake while messages are written to Kafka or wait to be read. It speaks Kafka's own protocol
// and CloudSnooze's, one JSON message a line on stdin and stdout, and depends on the standard library alone.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Config     json.RawMessage `json:"config"`
		Categories []string        `json:"categories"`
		Context    struct {
			DeadlineMS float64 `json:"deadline_ms"`
		} `json:"context"`
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
	watch := newWatch()
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 0, 64*1024), 1024*1024)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var asked request
		if json.Unmarshal(input.Bytes(), &asked) != nil || len(asked.ID) == 0 || asked.Method == "" {
			continue // an empty line, a notification, or an answer to nothing
		}
		result, err := respond(watch, asked)
		if output.Encode(answer{Version: "2.0", ID: asked.ID, Result: result, Error: err}) != nil || asked.Method == "Shutdown" {
			return // nobody reads any more, or nobody will
		}
	}
}

func respond(watch *watch, asked request) (any, *failure) {
	// Less than the host waits, so that the reason arrives and not only "no answer".
	limit := 4 * time.Second
	if ms := asked.Params.Context.DeadlineMS; ms > 0 && ms < 5000 {
		limit = time.Duration(0.8 * ms * float64(time.Millisecond))
	}
	switch asked.Method {
	case "Initialize", "Configure":
		if err := watch.configure(asked.Params.Config); err != nil {
			return nil, &failure{-32004, err.Error()}
		}
		return map[string]any{"protocol_version": 1}, nil
	case "CheckIdle":
		verdict, err := watch.check(limit)
		if err != nil {
			return nil, &failure{-32603, err.Error()}
		}
		return verdict, nil
	case "Diagnose":
		return watch.diagnose(limit, asked.Params.Categories), nil
	case "HealthCheck":
		return map[string]any{"status": "ok"}, nil
	case "Shutdown":
		return struct{}{}, nil
	}
	return nil, &failure{-32601, "kafka-monitor has no " + asked.Method}
}
