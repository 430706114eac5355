package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Linux has counted in hundredths of a second for user programs since for ever, whatever the kernel's own tick.
const ticksPerSecond = 100

// process is one running program. Its identity is pid and start: pids are used again.
type process struct {
	pid    int
	start  uint64 // ticks after boot
	ticks  uint64 // CPU used so far
	state  byte
	comm   string // at most 15 characters
	parent int
}

// parseStat reads /proc/<pid>/stat (proc(5)). The name stands in brackets and may hold brackets and spaces itself.
func parseStat(text string) (process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("no name in %.60q", text)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	fields := strings.Fields(text[end+1:])
	if err != nil || len(fields) < 20 {
		return process{}, fmt.Errorf("too short: %.60q", text)
	}
	number := func(index int) uint64 {
		value, _ := strconv.ParseUint(fields[index], 10, 64) // the kernel writes digits
		return value
	}
	return process{
		pid: pid, parent: int(number(1)), comm: text[open+1 : end], state: fields[0][0],
		ticks: number(11) + number(12), start: number(19),
	}, nil
}

// parseUptime reads the first number of /proc/uptime, in ticks.
func parseUptime(text string) (uint64, error) {
	first, _, _ := strings.Cut(text, " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0, fmt.Errorf("uptime: %.40q is no number", first)
	}
	return uint64(seconds * ticksPerSecond), nil
}

// isOwn tells this program, and the sandbox around it, by the numbers that /proc has for them: in the sandbox that is the
// host's, and os.Getpid another, which there may be that of any program.
func isOwn(root string, processes []process) map[int]bool {
	own := map[int]bool{}
	name, _ := os.Readlink(filepath.Join(root, "self")) // every /proc has it
	next, _ := strconv.Atoi(name)
	parents, comms := map[int]int{}, map[int]string{}
	for _, one := range processes {
		parents[one.pid], comms[one.pid] = one.parent, one.comm
	}
	for own[next] = true; comms[parents[next]] == "bwrap"; own[next] = true {
		next = parents[next]
	}
	return own
}

// programName is the last part of what a process was started as: longer than comm, and what people type.
func programName(commandLine []byte) string {
	first, _, _ := bytes.Cut(commandLine, []byte{0})
	return path.Base(string(first))
}

// readProcesses lists what runs. A process that ends meanwhile is left out; so are zombies, which do nothing any more.
func readProcesses(root string) ([]process, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var found []process
	for _, entry := range entries {
		if name := entry.Name(); name[0] < '0' || name[0] > '9' {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, entry.Name(), "stat"))
		if err != nil {
			continue
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s/%s/stat: %w", root, entry.Name(), err)
		}
		if one.state != 'Z' && one.state != 'X' {
			found = append(found, one)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s lists no process at all", root)
	}
	return found, nil
}

func readCommandLine(root string, pid int) []byte {
	line, _ := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "cmdline")) // it has ended: no line, no match
	return line
}
