package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"firebreak/internal/deskload"
)

// benchCrowdCmd is the crowd of bench lookup, in a process of its own: what it asks comes on standard input, what it saw goes to standard output.
type benchCrowdCmd struct{}

// Run asks.
func (benchCrowdCmd) Run(ctx context.Context, p *process) error {
	var w deskload.Crowd
	if err := gob.NewDecoder(p.Stdin).Decode(&w); err != nil {
		return fmt.Errorf("read what to ask: %w", err)
	}
	got, err := w.Ask(ctx)
	if err != nil {
		return err
	}
	return gob.NewEncoder(p.Stdout).Encode(got)
}

// askApart has a crowd ask from a process of its own, and says how much processor time that took. A real crowd brings processors of its own: here it stands back (nice) and
// takes what the server and the devices leave.
func askApart(ctx context.Context, w deskload.Crowd) (*deskload.Asked, time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	var in, out bytes.Buffer
	if err := gob.NewEncoder(&in).Encode(w); err != nil {
		return nil, 0, err
	}
	cmd := exec.CommandContext(ctx, "nice", "-n", "10", self, "bench", "crowd")
	said := &strings.Builder{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, said
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("the crowd ended with %w; it said: %s", err, said)
	}
	got := new(deskload.Asked)
	return got, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), gob.NewDecoder(&out).Decode(got)
}
