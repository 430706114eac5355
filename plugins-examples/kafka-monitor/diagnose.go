package main

import (
	"fmt"
	"time"
)

type finding struct {
	ID         string `json:"id"`
	Category   string `json:"category"`
	Severity   string `json:"severity"`
	Title      string `json:"title"`
	Suggestion string `json:"suggestion,omitempty"`
}

// diagnose finds what is wrong in these categories, in all where there are none; that no broker can be asked it tells anyhow.
func (w *watch) diagnose(limit time.Duration, categories []string) map[string]any {
	asking := newSession(w.access, time.Now().Add(limit))
	defer asking.close()
	findings := []finding{}
	found, err := readCluster(asking, w.config.Broker)
	if err != nil {
		unreachable := finding{"unreachable", "kafka-monitor", "critical", err.Error(), "check broker, tls and sasl_mechanism, and that it runs"}
		return map[string]any{"status": "failed", "findings": append(findings, unreachable)}
	}
	status, isWanted := "ok", len(categories) == 0
	for _, each := range categories {
		isWanted = isWanted || each == "replication"
	}
	if isWanted && found.underReplicated > 0 {
		status = "degraded"
		title := fmt.Sprintf("%d partitions have replicas that are behind", found.underReplicated)
		findings = append(findings, finding{"under-replicated", "replication", "warning", title, "let them catch up before this host stops"})
	}
	if count := len(found.leaderless); isWanted && count > 0 {
		status = "failed"
		title := fmt.Sprintf("%d partitions have no leader", count)
		findings = append(findings, finding{"no-leader", "replication", "critical", title, "start the brokers that hold them"})
	}
	metrics := map[string]any{"brokers": len(found.brokers), "partitions": len(found.leaders)}
	return map[string]any{"status": status, "findings": findings, "metrics": metrics}
}
