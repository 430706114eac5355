package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"syscall"
	"time"
)

type config struct {
	Broker               string   `json:"broker"`
	Topics               []string `json:"topics"`
	Groups               []string `json:"groups"`
	MaxLag               int64    `json:"max_lag"`
	MaxMessagesPerSecond float64  `json:"max_messages_per_second"`
	IfDown               string   `json:"if_down"`
}

type verdict struct {
	IsIdle  bool           `json:"is_idle"`
	Reason  string         `json:"reason"`
	Details map[string]any `json:"details,omitempty"`
}

type finding struct {
	ID         string `json:"id"`
	Category   string `json:"category"`
	Severity   string `json:"severity"`
	Title      string `json:"title"`
	Suggestion string `json:"suggestion,omitempty"`
}

// watch holds the configuration and where each partition ended at the last check.
type watch struct {
	config config
	ends   map[partition]int64
	at     time.Time
}

func newWatch() *watch { return &watch{config: defaults()} }

func defaults() config {
	return config{Broker: "127.0.0.1:9092", Topics: []string{"*"}, IfDown: "unknown"}
}

func (w *watch) configure(raw json.RawMessage) error {
	next := defaults()
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &next); err != nil {
			return err
		}
	}
	for _, each := range next.Topics {
		if _, err := path.Match(each, ""); err != nil {
			return fmt.Errorf("topics: %s: %w", each, err)
		}
	}
	w.config, w.ends = next, nil
	return nil
}

func (w *watch) wanted(topic string) bool {
	for _, each := range w.config.Topics {
		if matches, _ := path.Match(each, topic); matches {
			return true
		}
	}
	return false
}

func (w *watch) check(limit time.Duration) (verdict, error) {
	deadline := time.Now().Add(limit)
	found, err := readCluster(w.config.Broker, deadline)
	if errors.Is(err, syscall.ECONNREFUSED) && w.config.IfDown == "idle" {
		return verdict{IsIdle: true, Reason: "no Kafka runs at " + w.config.Broker}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	ends, err := found.readEnds(w.wanted, deadline)
	if err != nil {
		return verdict{}, err
	}
	details := map[string]any{"partitions": len(ends)}
	for _, group := range w.config.Groups {
		committed, err := readCommitted(w.config.Broker, group, ends, deadline)
		if err != nil {
			return verdict{}, err
		}
		if behind := lag(ends, committed); behind > w.config.MaxLag {
			details["lag"] = behind
			return verdict{Reason: fmt.Sprintf("group %s is %d messages behind, idle up to %d", group, behind, w.config.MaxLag), Details: details}, nil
		}
	}
	return w.judgeRate(ends, details), nil
}

// judgeRate compares with the last check; the first one has nothing to compare with.
func (w *watch) judgeRate(ends map[partition]int64, details map[string]any) verdict {
	before, since, now := w.ends, w.at, time.Now()
	w.ends, w.at = ends, now
	if before == nil {
		return verdict{Reason: "how much is written is known from the next check on", Details: details}
	}
	var written int64
	for each, end := range ends {
		if last, known := before[each]; known && end > last {
			written += end - last
		}
	}
	rate := float64(written) / now.Sub(since).Seconds()
	details["messages_per_second"] = rate
	reason := fmt.Sprintf("%d messages since the last check, %.1f a second, idle up to %g", written, rate, w.config.MaxMessagesPerSecond)
	return verdict{IsIdle: rate <= w.config.MaxMessagesPerSecond, Reason: reason, Details: details}
}

func (w *watch) diagnose(limit time.Duration) map[string]any {
	deadline := time.Now().Add(limit)
	findings := []finding{}
	add := func(id, category, severity, title, suggestion string) {
		findings = append(findings, finding{id, category, severity, title, suggestion})
	}
	found, err := readCluster(w.config.Broker, deadline)
	if err != nil {
		add("unreachable", "kafka", "critical", w.config.Broker+": "+err.Error(), "check broker, and that it has a plain listener")
		return map[string]any{"status": "failed", "findings": findings}
	}
	if found.leaderless > 0 {
		add("no-leader", "replication", "critical", fmt.Sprintf("%d partitions have no leader", found.leaderless), "start the brokers that hold them")
	}
	if found.underReplicated > 0 {
		add("under-replicated", "replication", "warning", fmt.Sprintf("%d partitions have replicas that are behind", found.underReplicated), "let them catch up before this host stops")
	}
	status := "ok"
	for _, each := range findings {
		if each.Severity == "critical" {
			status = "failed"
		} else if status == "ok" {
			status = "degraded"
		}
	}
	metrics := map[string]any{"brokers": len(found.brokers), "partitions": len(found.leaders)}
	return map[string]any{"status": status, "findings": findings, "metrics": metrics}
}

// lag is how many messages a group has not read yet, of partitions that it reads.
func lag(ends, committed map[partition]int64) int64 {
	var behind int64
	for each, offset := range committed {
		if end := ends[each]; end > offset {
			behind += end - offset
		}
	}
	return behind
}

func describe(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "connection refused"
	}
	return strings.TrimPrefix(err.Error(), "read tcp ")
}
