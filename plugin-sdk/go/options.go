package plugin

// Option is something that a plugin does besides its check.
type Option[C any] func(*server[C])

// On handles events of a type. The manifest's `events` says with which priority.
func On[C any](eventType string, handle func(Call, C, Event) (Handled, error)) Option[C] {
	return func(s *server[C]) { s.handlers[eventType] = handle }
}

// AtShutdown calls a function once, last.
func AtShutdown[C any](end func()) Option[C] {
	return func(s *server[C]) { s.atEnd = end }
}
