package plugin

// Option is something that a plugin does besides its check.
type Option[C any] func(*server[C])

// Finding is one thing that a diagnosis found. Severity is info, warning or critical; without a category it is the
// plugin's name.
type Finding struct {
	ID         string `json:"id"`
	Category   string `json:"category"`
	Severity   string `json:"severity"`
	Title      string `json:"title"`
	Detail     string `json:"detail,omitempty"`
	Suggestion string `json:"suggestion,omitempty"`
}

// On handles events of a type. A higher priority is called earlier; 50 is usual.
func On[C any](eventType string, priority int, handle func(Call, C, Event) (Handled, error)) Option[C] {
	return func(s *server[C]) {
		_, found := s.handlers[eventType]
		s.refuseTwice(found, "handlers of "+eventType)
		s.handlers[eventType] = handler[C]{priority, handle}
	}
}

// Describe says in a sentence when the host is idle, or what is done: the manifest's description.
func Describe[C any](text string) Option[C] {
	return Manifest[C](map[string]any{"description": text})
}

// Manifest adds members to the manifest that `--manifest` prints: permissions, timeouts, tags.
func Manifest[C any](members map[string]any) Option[C] {
	return func(s *server[C]) {
		for name, value := range members {
			s.members[name] = value
		}
	}
}

// Configured calls a function with each configuration, also the first. Its error refuses that configuration.
func Configured[C any](take func(Call, C) error) Option[C] {
	return func(s *server[C]) { s.configured = take }
}

// BeforeSnooze asks a function before the host is stopped. A reason that it gives is a veto; an error is not.
func BeforeSnooze[C any](ask func(Call, C, Snooze) (veto string, err error)) Option[C] {
	return func(s *server[C]) {
		s.hook("BeforeSnooze", func(call Call, config C, given params) (any, error) {
			veto, err := ask(call, config, given.Snooze)
			if veto != "" {
				return map[string]any{"allow": false, "reason": veto}, err
			}
			return map[string]any{"allow": true}, err
		})
	}
}

// AfterResume calls a function after the host was stopped and is back.
func AfterResume[C any](tell func(Call, C, Snooze) error) Option[C] {
	return func(s *server[C]) {
		s.hook("AfterResume", func(call Call, config C, given params) (any, error) {
			return struct{}{}, tell(call, config, given.Snooze)
		})
	}
}

// Health asks a function now and then. A text that it gives says what is wrong.
func Health[C any](ask func(Call, C) (wrong string, err error)) Option[C] {
	return func(s *server[C]) {
		s.hook("HealthCheck", func(call Call, config C, _ params) (any, error) {
			wrong, err := ask(call, config)
			if wrong != "" {
				return map[string]any{"status": "degraded", "message": wrong}, err
			}
			return map[string]any{"status": "ok"}, err
		})
	}
}

// Diagnose asks a function for its findings, and for numbers that go with them.
func Diagnose[C any](ask func(Call, C) ([]Finding, map[string]any, error)) Option[C] {
	return func(s *server[C]) {
		s.hook("Diagnose", func(call Call, config C, given params) (any, error) {
			findings, numbers, err := ask(call, config)
			return diagnosis(s.name, findings, numbers, given.Categories), err
		})
	}
}

// Command lets `snooze plugin run` call a function, with the words after its name.
func Command[C any](name string, run func(Call, C, []string) (output string, exitCode int, err error)) Option[C] {
	return func(s *server[C]) {
		_, found := s.commands[name]
		s.refuseTwice(found, "commands "+name)
		s.commands[name] = run
	}
}

// AtShutdown calls a function once, last.
func AtShutdown[C any](end func()) Option[C] {
	return func(s *server[C]) { s.atEnd = end }
}

// hook has a method of the host answered by a function.
func (s *server[C]) hook(method string, answer func(Call, C, params) (any, error)) {
	_, found := s.hooks[method]
	s.refuseTwice(found, "functions for "+method)
	s.hooks[method] = answer
}

// refuseTwice remembers a mistake of the author, which Serve tells.
func (s *server[C]) refuseTwice(found bool, what string) {
	if found {
		s.mistakes = append(s.mistakes, s.name+" has two "+what)
	}
}

// diagnosis is what Diagnose answers. A finding without a category is about the whole, so it is told whatever was asked for.
func diagnosis(name string, findings []Finding, numbers map[string]any, categories []string) map[string]any {
	wanted := map[string]bool{name: true}
	for _, each := range categories {
		wanted[each] = true
	}
	kept, status := []Finding{}, "ok"
	for _, each := range findings {
		if each.Category == "" {
			each.Category = name
		}
		if len(categories) > 0 && !wanted[each.Category] {
			continue
		}
		kept = append(kept, each)
		if each.Severity == "critical" {
			status = "failed"
		} else if each.Severity == "warning" && status == "ok" {
			status = "degraded"
		}
	}
	result := map[string]any{"status": status, "findings": kept}
	if numbers != nil {
		result["metrics"] = numbers
	}
	return result
}
