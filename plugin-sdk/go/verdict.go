package plugin

import "fmt"

// Verdict says whether the host is idle as far as the plugin can tell, and why, in words for people.
type Verdict struct {
	IsIdle  bool           `json:"is_idle"`
	Reason  string         `json:"reason"`
	Details map[string]any `json:"details,omitempty"`
}

// Idle says that nothing here needs the host.
func Idle(format string, values ...any) Verdict { return IdleIf(true, format, values...) }

// Busy says that the host is needed.
func Busy(format string, values ...any) Verdict { return IdleIf(false, format, values...) }

// IdleIf is Idle or Busy with the same reason.
func IdleIf(idle bool, format string, values ...any) Verdict {
	return Verdict{IsIdle: idle, Reason: fmt.Sprintf(format, values...)}
}

// Handled is what became of an event. The zero value declines it.
type Handled struct {
	Handled bool `json:"handled"`
	Result  any  `json:"result,omitempty"`
}
