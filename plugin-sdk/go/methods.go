package plugin

import (
	"context"
	"encoding/json"
	"sort"
)

type params struct {
	Config   json.RawMessage `json:"config"`
	StateDir string          `json:"state_dir"`
	Metrics  Metrics         `json:"metrics"`
	Event    Event           `json:"event"`
}

// answer does one method of the protocol.
func (s *server[C]) answer(canceling context.Context, method string, raw json.RawMessage) (any, error) {
	var given params
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return nil, &answerError{Code: codeParse, Message: "the params of " + method + ": " + err.Error()}
		}
	}
	switch method {
	case "Initialize", "Configure":
		return s.configure(method, given)
	case "Info":
		return map[string]any{"name": s.name, "version": s.version}, nil
	case "HealthCheck":
		return map[string]any{"status": "ok"}, nil
	case "GetSupportedEvents":
		return map[string]any{"events": s.eventTypes()}, nil
	case "CheckIdle":
		call, config := s.call(canceling, given)
		return s.check(call, config)
	case "HandleEvent":
		handle, found := s.handlers[given.Event.Type]
		if !found {
			return Handled{Result: "no handler for " + given.Event.Type}, nil
		}
		call, config := s.call(canceling, given)
		return handle(call, config, given.Event)
	}
	return nil, &answerError{Code: codeNoMethod, Message: "this plugin has no " + method}
}

func (s *server[C]) configure(method string, given params) (any, error) {
	var config C
	if err := decodeConfig(given.Config, &config); err != nil {
		return nil, &answerError{Code: codeConfigInvalid, Message: "the configuration: " + err.Error()}
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	s.config = config
	if method == "Configure" {
		return struct{}{}, nil
	}
	s.stateDir = given.StateDir
	info := map[string]any{"name": s.name, "version": s.version}
	return map[string]any{"protocol_version": 1, "info": info, "supported_events": s.eventTypes()}, nil
}

func (s *server[C]) call(canceling context.Context, given params) (Call, C) {
	s.guard.Lock()
	defer s.guard.Unlock()
	return Call{Context: canceling, Metrics: given.Metrics, StateDir: s.stateDir}, s.config
}

func (s *server[C]) eventTypes() []string {
	types := make([]string, 0, len(s.handlers))
	for each := range s.handlers {
		types = append(types, each)
	}
	sort.Strings(types)
	return types
}
