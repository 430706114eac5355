package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const stat = "4242 (tmux: (server) x) S 1 4242 4242 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 1 0 987654 1000 200 18446744073709551615"

func TestParseStat(t *testing.T) {
	got, err := parseStat(stat)
	want := process{pid: 4242, parent: 1, comm: "tmux: (server) x", state: 'S', ticks: 300, start: 987654}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, text := range []string{"", "1 (sh", "x (sh) S 1 2 3", "1 (sh) S 1 2 3"} {
		if _, err := parseStat(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestParseUptime(t *testing.T) {
	if got, err := parseUptime("12345.67 98765.43\n"); err != nil || got != 1234567 {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := parseUptime("\n"); err == nil {
		t.Error("an empty line is taken")
	}
}

func TestProgramName(t *testing.T) {
	for line, want := range map[string]string{
		"/usr/bin/pg_dump\x00-Fc\x00": "pg_dump", "rsync\x00": "rsync", "nginx: worker process": "nginx: worker process",
	} {
		if got := programName([]byte(line)); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}

func TestDecide(t *testing.T) {
	job := process{pid: 7, start: 100, ticks: 500, comm: "job"}
	at1000 := func(ticks uint64) *sample { return &sample{1000, map[identity]uint64{{7, 100}: ticks}} }
	for name, each := range map[string]struct {
		matching []process
		minimum  float64
		before   *sample
		idle     bool
		reason   string
	}{
		"nothing matches":         {nil, 0, at1000(0), true, "none of the watched programs runs"},
		"running is enough":       {[]process{job}, 0, nil, false, "job (7) running"},
		"over the minimum":        {[]process{job}, 10, at1000(380), false, "job (7) at 12 %, idle up to 10 %"},
		"exactly the minimum":     {[]process{job}, 10, at1000(400), true, "1 watched running, none over 10 % CPU"},
		"the first look":          {[]process{job}, 10, nil, false, "job (7) running, CPU known from the next check on"},
		"new since the last look": {[]process{{7, 1500, 250, 'R', "job", 1}}, 10, at1000(0), false, "job (7) at 50 %, idle up to 10 %"},
		"the pid was used again":  {[]process{{7, 1500, 10, 'S', "job", 1}}, 10, at1000(480), true, "1 watched running, none over 10 % CPU"},
		"it has just started":     {[]process{{7, 1901, 0, 'R', "job", 1}}, 10, at1000(0), false, "job (7) just started, idle up to 10 %"},
		"a name with an escape":   {[]process{{pid: 7, comm: "job\n\x1b[31m"}}, 0, nil, false, "job??[31m (7) running"},
		"many":                    {[]process{job, job, job, job, job}, 0, nil, false, "job (7), job (7), job (7) and 2 more running"},
	} {
		got := decide(each.matching, each.minimum, 2000, each.before)
		if got.IsIdle != each.idle || got.Reason != each.reason {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestASampleIsComparedWithThatLiesBackFarEnough(t *testing.T) {
	older, latest := &sample{at: 1000}, &sample{at: 1950}
	for name, got := range map[string]bool{
		"none yet":                  baseline(2000, nil, nil) == nil,
		"the latest":                baseline(2050, latest, older) == latest,
		"the older one":             baseline(2049, latest, older) == older,
		"only one, and it is new":   baseline(2000, latest, nil) == nil,
		"both are new":              baseline(1000, older, older) == nil,
		"the clock was turned back": baseline(10, latest, older) == nil,
	} {
		if !got {
			t.Error(name)
		}
	}
}

func TestABadPatternKeepsTheOldConfiguration(t *testing.T) {
	w := newWatch("/proc")
	if err := w.configure(json.RawMessage(`{"names":["old"]}`)); err != nil {
		t.Fatal(err)
	}
	err := w.configure(json.RawMessage(`{"names":["new"],"patterns":["("]}`))
	if err == nil || !strings.Contains(err.Error(), "patterns") || !w.names["old"] {
		t.Errorf("%v, %v", err, w.names)
	}
}

func TestAnEmptyProcIsAnErrorAndNotIdle(t *testing.T) {
	if _, err := readProcesses(t.TempDir()); err == nil {
		t.Error("an empty /proc is taken")
	}
}

// lay writes a process into a /proc of its own making.
func lay(t *testing.T, root string, pid int, comm string, parent int, commandLine string) {
	folder := filepath.Join(root, strconv.Itoa(pid))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf("%d (%s) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0", pid, comm, parent)
	for name, text := range map[string]string{"stat": line, "cmdline": commandLine} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// In the sandbox its own number is another one than /proc, which is the host's, has for it.
func TestItLeavesOutItselfAndItsSandboxAndNobodyElse(t *testing.T) {
	root := t.TempDir()
	self := os.Getpid() + 1000
	if err := os.Symlink(strconv.Itoa(self), filepath.Join(root, "self")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "uptime"), []byte("50.00 50.00\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	lay(t, root, self-2, "bwrap", 1, "bwrap\x00job\x00")
	lay(t, root, self-1, "bwrap", self-2, "bwrap\x00job\x00")
	lay(t, root, self, "process-watch", self-1, "./job-watch\x00")
	w := newWatch(root)
	if err := w.configure(json.RawMessage(`{"patterns":["job"]}`)); err != nil {
		t.Fatal(err)
	}
	if got, err := w.check(); err == nil || !strings.Contains(err.Error(), "hides the processes") {
		t.Errorf("%+v, %v; want no verdict where the first process cannot be seen", got, err)
	}
	lay(t, root, 1, "init", 0, "init\x00")
	if got, err := w.check(); err != nil || !got.IsIdle {
		t.Errorf("%+v, %v; want it to leave out itself", got, err)
	}
	lay(t, root, os.Getpid(), "job", 1, "job\x00")
	lay(t, root, self+5, "bwrap", 1, "bwrap\x00job\x00")
	if got, err := w.check(); err != nil || got.IsIdle || got.Details["matching"] != 2 {
		t.Errorf("%+v, %v; want the job of that number, and the sandbox of others", got, err)
	}
}
