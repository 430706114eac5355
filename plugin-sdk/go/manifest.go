package plugin

import (
	"path/filepath"
	"reflect"
	"sort"
)

var capabilityOf = map[string]string{
	"BeforeSnooze": "before_snooze",
	"AfterResume":  "after_resume",
	"HealthCheck":  "health_check",
	"Diagnose":     "diagnose",
}

// manifest is the plugin.json that goes beside the program.
func (s *server[C]) manifest() map[string]any {
	capabilities := []string{"configure"}
	if s.check != nil {
		capabilities = append(capabilities, "check_idle")
	}
	if len(s.handlers) > 0 {
		capabilities = append(capabilities, "handle_event")
	}
	if len(s.commands) > 0 {
		capabilities = append(capabilities, "run_command")
	}
	for method := range s.hooks {
		capabilities = append(capabilities, capabilityOf[method])
	}
	sort.Strings(capabilities)
	program := filepath.Base(s.name)
	found := map[string]any{
		"name":          s.name,
		"version":       s.version,
		"type":          "external",
		"language":      "go",
		"exec":          map[string]any{"command": "./" + program},
		"build":         map[string]any{"command": "go", "args": []string{"build", "-trimpath", "-o", program, "."}},
		"capabilities":  capabilities,
		"config_schema": configSchema(reflect.TypeOf(&s.config).Elem()),
	}
	if len(s.handlers) > 0 {
		events := map[string]any{}
		for each, handler := range s.handlers {
			events[each] = map[string]any{"priority": handler.priority}
		}
		found["events"] = events
	}
	for name, value := range s.members {
		found[name] = value
	}
	return found
}
