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

func (w *watch) diagnose(limit time.Duration) map[string]any {
	asking := newSession(w.access, time.Now().Add(limit))
	defer asking.close()
	findings := []finding{}
	found, err := readCluster(asking, w.config.Broker)
	if err != nil {
		unreachable := finding{"unreachable", "kafka", "critical", err.Error(), "check broker, tls and sasl_mechanism, and that it runs"}
		return map[string]any{"status": "failed", "findings": append(findings, unreachable)}
	}
	status := "ok"
	if found.underReplicated > 0 {
		status = "degraded"
		title := fmt.Sprintf("%d partitions have replicas that are behind", found.underReplicated)
		findings = append(findings, finding{"under-replicated", "replication", "warning", title, "let them catch up before this host stops"})
	}
	if count := len(found.leaderless); count > 0 {
		status = "failed"
		title := fmt.Sprintf("%d partitions have no leader", count)
		findings = append(findings, finding{"no-leader", "replication", "critical", title, "start the brokers that hold them"})
	}
	metrics := map[string]any{"brokers": len(found.brokers), "partitions": len(found.leaders)}
	return map[string]any{"status": status, "findings": findings, "metrics": metrics}
}
