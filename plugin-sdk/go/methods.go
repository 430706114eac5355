package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// answer does one method of the protocol.
func (s *server[C]) answer(canceling context.Context, method string, raw json.RawMessage) (any, error) {
	var given params
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return nil, &Error{codeParse, "the params of " + method + ": " + err.Error()}
		}
	}
	switch method {
	case "Initialize":
		s.host.offer(given.HostMethods)
		return s.configure(canceling, method, given)
	case "Configure":
		return s.configure(canceling, method, given)
	case "Info":
		return s.manifest(), nil
	case "GetSupportedEvents":
		return map[string]any{"events": s.eventTypes()}, nil
	}
	if end := endOf(given); end != nil {
		limited, cancel := context.WithDeadline(canceling, *end)
		defer cancel()
		canceling = limited
	}
	call, config := s.call(canceling, given)
	if hook, found := s.hooks[method]; found {
		return hook(call, config, given)
	}
	switch {
	case method == "CheckIdle" && s.check != nil:
		return s.check(call, config)
	case method == "HandleEvent" && len(s.handlers) > 0:
		handler, found := s.handlers[given.Event.Type]
		// who handles "custom" handles every "custom.<name>" that nothing else is said of
		if !found && strings.HasPrefix(given.Event.Type, "custom.") {
			handler, found = s.handlers["custom"]
		}
		if !found {
			return Handled{Result: s.name + " does not handle " + given.Event.Type}, nil
		}
		return handler.handle(call, config, given.Event)
	case method == "HealthCheck":
		return map[string]any{"status": "ok"}, nil
	case method == "RunCommand" && len(s.commands) > 0:
		return s.runCommand(call, config, given)
	}
	return nil, &Error{codeNoMethod, s.name + " has no " + method}
}

func (s *server[C]) configure(canceling context.Context, method string, given params) (any, error) {
	var config C
	if err := decodeConfig(given.Config, &config); err != nil {
		return nil, &Error{codeConfigInvalid, "the configuration: " + err.Error()}
	}
	s.guard.Lock()
	if method == "Initialize" {
		s.stateDir, s.instance = given.StateDir, given.Plugin.Instance
	}
	s.guard.Unlock()
	if s.configured != nil {
		call, _ := s.call(canceling, given)
		if err := s.configured(call, config); err != nil {
			return nil, &Error{codeConfigInvalid, err.Error()}
		}
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	s.config = config
	if method == "Configure" {
		return struct{}{}, nil
	}
	return map[string]any{"protocol_version": 1, "info": s.manifest(), "supported_events": s.eventTypes()}, nil
}

func (s *server[C]) call(canceling context.Context, given params) (Call, C) {
	s.guard.Lock()
	defer s.guard.Unlock()
	call := Call{canceling, given.Metrics, s.instance, s.stateDir, s.host}
	return call, s.config
}

func (s *server[C]) runCommand(call Call, config C, given params) (any, error) {
	run, found := s.commands[given.Command]
	if !found {
		names := make([]string, 0, len(s.commands))
		for each := range s.commands {
			names = append(names, each)
		}
		sort.Strings(names)
		text := fmt.Sprintf("%s has no command %q; it has %s", s.name, given.Command, strings.Join(names, ", "))
		return map[string]any{"exit_code": 2, "output": text}, nil
	}
	output, code, err := run(call, config, given.Args)
	return map[string]any{"exit_code": code, "output": output}, err
}

func (s *server[C]) eventTypes() []string {
	types := make([]string, 0, len(s.handlers))
	for each := range s.handlers {
		types = append(types, each)
	}
	sort.Strings(types)
	return types
}
