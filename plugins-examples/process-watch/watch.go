package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"unicode"
)

type config struct {
	Names         []string `json:"names"`
	Patterns      []string `json:"patterns"`
	MinCPUPercent float64  `json:"min_cpu_percent"`
}

type verdict struct {
	IsIdle  bool           `json:"is_idle"`
	Reason  string         `json:"reason"`
	Details map[string]any `json:"details,omitempty"`
}

type identity struct {
	pid   int
	start uint64
}

// sample is what each matching process had used at one instant.
type sample struct {
	at    uint64 // ticks after boot
	ticks map[identity]uint64
}

// CPU use over less than this says nothing: one tick more or less would be too much of it.
const shortestLook = 1 * ticksPerSecond

// watch holds the configuration and the samples of earlier checks.
type watch struct {
	root     string
	config   config
	names    map[string]bool
	patterns []*regexp.Regexp
	// Two, because a check can follow the one before at once: then the older one is compared with.
	latest, older *sample
}

func newWatch(root string) *watch { return &watch{root: root} }

// configure takes a new configuration, or keeps the old one where the new one is wrong.
func (w *watch) configure(raw json.RawMessage) error {
	var next config
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &next); err != nil {
			return err
		}
	}
	var patterns []*regexp.Regexp
	for _, pattern := range next.Patterns {
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return fmt.Errorf("patterns: %w", err)
		}
		patterns = append(patterns, compiled)
	}
	w.config, w.patterns, w.names = next, patterns, map[string]bool{}
	for _, name := range next.Names {
		w.names[name] = true
	}
	w.latest, w.older = nil, nil
	return nil
}

// check says busy while a process matches that does enough.
func (w *watch) check() (verdict, error) {
	if len(w.names) == 0 && len(w.patterns) == 0 {
		return verdict{}, fmt.Errorf("nothing to watch: set names or patterns")
	}
	text, err := os.ReadFile(filepath.Join(w.root, "uptime"))
	if err != nil {
		return verdict{}, err
	}
	now, err := parseUptime(string(text))
	if err != nil {
		return verdict{}, err
	}
	// that nothing runs would be a guess where others' processes cannot be seen
	if _, err := os.ReadFile(filepath.Join(w.root, "1", "stat")); err != nil {
		return verdict{}, fmt.Errorf("%s hides the processes of other users (hidepid)", w.root)
	}
	processes, err := readProcesses(w.root)
	if err != nil {
		return verdict{}, err
	}
	var matching []process
	own := isOwn(w.root, processes)
	for _, one := range processes {
		if !own[one.pid] && w.matches(one) {
			matching = append(matching, one)
		}
	}
	decided := decide(matching, w.config.MinCPUPercent, now, baseline(now, w.latest, w.older))
	if w.latest == nil || now >= w.latest.at+shortestLook {
		w.older, w.latest = w.latest, take(now, matching)
	}
	return decided, nil
}

func take(now uint64, matching []process) *sample {
	taken := &sample{at: now, ticks: map[identity]uint64{}}
	for _, one := range matching {
		taken.ticks[identity{one.pid, one.start}] = one.ticks
	}
	return taken
}

// baseline is the youngest sample that lies back far enough, or nil.
func baseline(now uint64, latest, older *sample) *sample {
	for _, each := range []*sample{latest, older} {
		if each != nil && now >= each.at+shortestLook {
			return each
		}
	}
	return nil
}

func (w *watch) matches(one process) bool {
	if w.names[one.comm] {
		return true
	}
	commandLine := readCommandLine(w.root, one.pid)
	if len(commandLine) == 0 {
		return false // a kernel thread has none
	}
	if w.names[programName(commandLine)] {
		return true
	}
	if len(w.patterns) == 0 {
		return false
	}
	whole := bytes.ReplaceAll(bytes.TrimRight(commandLine, "\x00"), []byte{0}, []byte{' '})
	for _, pattern := range w.patterns {
		if pattern.Match(whole) {
			return true
		}
	}
	return false
}

// decide judges the matching processes; `now` is in ticks after boot. Without an earlier sample, or for one that has just
// started, the CPU use is not known: busy.
func decide(matching []process, minimum float64, now uint64, before *sample) verdict {
	var active []string
	for _, one := range matching {
		name := fmt.Sprintf("%s (%d)", printable(one.comm), one.pid)
		switch percent, known := usage(one, now, before); {
		case minimum <= 0 || before == nil:
			active = append(active, name)
		case !known:
			active = append(active, name+" just started")
		case percent > minimum:
			active = append(active, fmt.Sprintf("%s at %.0f %%", name, percent))
		}
	}
	sort.Strings(active)
	details := map[string]any{"matching": len(matching), "active": len(active)}
	switch {
	case len(matching) == 0:
		return verdict{true, "none of the watched programs runs", details}
	case len(active) == 0:
		return verdict{true, fmt.Sprintf("%d watched running, none over %g %% CPU", len(matching), minimum), details}
	case minimum > 0 && before == nil:
		return verdict{false, list(active) + " running, CPU known from the next check on", details}
	case minimum > 0:
		return verdict{false, list(active) + fmt.Sprintf(", idle up to %g %%", minimum), details}
	}
	return verdict{false, list(active) + " running", details}
}

// usage is the CPU time since a sample in percent of one core. One that is newer than the sample has used all since then.
func usage(one process, now uint64, before *sample) (percent float64, known bool) {
	if before == nil {
		return 0, false
	}
	since := before.at
	if one.start > since {
		since = one.start
	}
	if now < since+shortestLook {
		return 0, false
	}
	used := one.ticks - before.ticks[identity{one.pid, one.start}]
	return 100 * float64(used) / float64(now-since), true
}

// printable is a name as ps shows it: a program may give itself any.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
}

// list names a few and counts the rest.
func list(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
