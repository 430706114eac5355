// Package plugin runs a function as a CloudSnooze plugin: a program that snoozed starts and asks whether the host is
// idle. It speaks JSON-RPC, one message a line, on stdin and stdout, and depends on nothing but the standard library.
//
//	type Config struct {
//		Max int `json:"max_connections" default:"5"`
//	}
//
//	func check(call plugin.Call, config Config) (plugin.Verdict, error) {
//		n, err := connections(call)
//		return plugin.IdleIf(n < config.Max, "%d connections", n), err
//	}
//
//	func main() { plugin.Serve("mysql-monitor", "1.0.0", check) }
package plugin
