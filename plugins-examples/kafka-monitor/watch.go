package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

type verdict struct {
	IsIdle  bool           `json:"is_idle"`
	Reason  string         `json:"reason"`
	Details map[string]any `json:"details,omitempty"`
}

// watch holds the configuration and where each partition ended at the last check.
type watch struct {
	config config
	access access
	ends   map[partition]int64
	at     time.Time
}

func newWatch() *watch { return &watch{config: defaults()} }

func (w *watch) configure(raw json.RawMessage) error {
	next, in, err := parseConfig(raw)
	if err == nil {
		w.config, w.access, w.ends = next, in, nil
	}
	return err
}

func (w *watch) check(limit time.Duration) (verdict, error) {
	asking := newSession(w.access, time.Now().Add(limit))
	defer asking.close()
	found, err := readCluster(asking, w.config.Broker)
	if errors.Is(err, syscall.ECONNREFUSED) && w.config.IfDown == "idle" {
		return verdict{IsIdle: true, Reason: "no Kafka runs at " + w.config.Broker}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	if err := w.findHidden(found); err != nil {
		return verdict{}, err
	}
	ends, err := found.readEnds(asking, w.config.wants)
	if err != nil {
		return verdict{}, err
	}
	details := map[string]any{"partitions": len(ends)}
	for _, group := range w.config.Groups {
		committed, err := readCommitted(asking, w.config.Broker, group, ends)
		if err != nil {
			return verdict{}, err
		}
		if len(committed) == 0 {
			return verdict{}, fmt.Errorf("group %s has committed nothing in these topics: is that its name?", group)
		}
		if behind := lag(ends, committed); behind > w.config.MaxLag {
			details["lag"] = behind
			return verdict{Reason: fmt.Sprintf("group %s is %d messages behind, idle up to %d", group, behind, w.config.MaxLag), Details: details}, nil
		}
	}
	return w.judgeRate(ends, details), nil
}

// findHidden gives an error where messages may be written that cannot be seen: Kafka leaves out what a user may not describe.
func (w *watch) findHidden(found *cluster) error {
	wanted := 0
	for topic, code := range found.topics {
		if !w.config.wants(topic) {
			continue
		}
		wanted++
		if code != 0 {
			return fmt.Errorf("%s: %s", topic, describeCode(code))
		}
	}
	for _, each := range w.config.Topics {
		if _, seen := found.topics[each]; !seen && isName(each) {
			return fmt.Errorf("there is no topic %s, or this user may not describe it", each)
		}
	}
	if wanted == 0 {
		return fmt.Errorf("there is no topic %s, or this user may describe none", strings.Join(w.config.Topics, " or "))
	}
	for _, each := range found.leaderless {
		if w.config.wants(each.topic) {
			return fmt.Errorf("%s[%d]: it has no leader", each.topic, each.index)
		}
	}
	return nil
}

// judgeRate compares with the last check; the first one has nothing to compare with.
func (w *watch) judgeRate(ends map[partition]int64, details map[string]any) verdict {
	before, since, now := w.ends, w.at, time.Now()
	w.ends, w.at = ends, now
	if before == nil {
		return verdict{Reason: "how much is written is known from the next check on", Details: details}
	}
	written := countWritten(before, ends)
	rate := float64(written) / now.Sub(since).Seconds()
	details["messages_per_second"] = rate
	reason := fmt.Sprintf("%d messages since the last check, %.1f a second, idle up to %g", written, rate, w.config.MaxMessagesPerSecond)
	return verdict{IsIdle: rate <= w.config.MaxMessagesPerSecond, Reason: reason, Details: details}
}

// countWritten counts what a new partition holds, and one that was made anew and so ends earlier than it did.
func countWritten(before, ends map[partition]int64) int64 {
	var written int64
	for each, end := range ends {
		last := before[each]
		if end < last {
			last = 0
		}
		written += end - last
	}
	return written
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
