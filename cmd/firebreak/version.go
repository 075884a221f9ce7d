package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct {
	jsonFlag
}

// Run prints what the linker noted.
func (c *versionCmd) Run(_ context.Context, p *process) error {
	v := struct {
		Version  string `json:"version"`            // "(devel)" for a build from a work tree
		Revision string `json:"revision,omitempty"` // commit
		Time     string `json:"time,omitempty"`     // of the commit
		Modified bool   `json:"modified"`           // the work tree had changes
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.time":
				v.Time = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	if c.JSON {
		return p.writeJSON(v)
	}
	text := "firebreak " + v.Version
	if v.Revision != "" {
		text += fmt.Sprintf(", commit %.12s of %s", v.Revision, v.Time)
	}
	if v.Modified {
		text += ", with changes"
	}
	_, err := fmt.Fprintf(p.Stdout, "%s, %s, %s\n", text, v.Go, v.Platform)
	return err
}
