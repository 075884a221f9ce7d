package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"
)

// drillProfile writes where the time of a drill goes: a line for each day that was played in days.tsv, and a CPU profile of each.
type drillProfile struct {
	dir   string
	lines *os.File
	day   int
	cpu   *os.File
	began time.Time
	spent time.Duration
	err   error
}

// newDrillProfile makes the folder. An empty name measures nothing.
func newDrillProfile(dir string) (*drillProfile, error) {
	f := &drillProfile{dir: dir}
	if dir == "" {
		return f, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if f.lines, err = os.Create(filepath.Join(dir, "days.tsv")); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(f.lines, "day\twall s\tCPU s")
	return f, err
}

// at is told that a day begins; the one before has ended.
func (f *drillProfile) at(day int) {
	if f.dir == "" {
		return
	}
	f.end()
	var err error
	if f.cpu, err = os.Create(filepath.Join(f.dir, fmt.Sprintf("day-%02d.pprof", day))); err == nil {
		err = pprof.StartCPUProfile(f.cpu)
	}
	f.day, f.began, f.spent = day, time.Now(), cpuOf(syscall.RUSAGE_SELF)
	f.err = errors.Join(f.err, err)
}

func (f *drillProfile) end() {
	if f.cpu == nil {
		return
	}
	pprof.StopCPUProfile()
	_, err := fmt.Fprintf(f.lines, "%d\t%.1f\t%.1f\n", f.day, time.Since(f.began).Seconds(), (cpuOf(syscall.RUSAGE_SELF) - f.spent).Seconds())
	f.err = errors.Join(f.err, err, f.cpu.Close())
	f.cpu = nil
}

// close ends it and says what went wrong on the way.
func (f *drillProfile) close() error {
	if f.dir == "" {
		return nil
	}
	f.end()
	return errors.Join(f.err, f.lines.Close())
}
