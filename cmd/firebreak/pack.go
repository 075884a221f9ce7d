package main

import (
	"context"
	"fmt"
	"strings"

	"firebreak/internal/protocol"
)

type packCmd struct {
	List packListCmd `cmd:"" help:"List the shipped packs."`
	Show packShowCmd `cmd:"" help:"Print every value of a pack with its unit, source and status."`
}

// packHead is a pack as lists show it.
type packHead struct {
	Ref        string `json:"ref"`
	Name       string `json:"name"`
	Version    int    `json:"version"`
	Title      string `json:"title"`
	TitleZH    string `json:"title_zh"`
	Pathogen   string `json:"pathogen"`
	Area       string `json:"area"`
	ValidFrom  string `json:"valid_from"` // empty where the guidance names no day
	Supersedes string `json:"supersedes,omitempty"`
}

func headOf(p *protocol.Pack) packHead {
	return packHead{p.Ref(), p.Name, p.Version, p.Title.EN, p.Title.ZH, p.Pathogen.EN, p.Area, p.ValidFrom.String(), p.Supersedes}
}

type packListCmd struct {
	jsonFlag
}

// Run lists the packs by name and version.
func (c *packListCmd) Run(_ context.Context, p *process) error {
	list, err := protocol.List()
	if err != nil {
		return err
	}
	heads := make([]packHead, len(list))
	for i, pack := range list {
		heads[i] = headOf(pack)
	}
	if c.JSON {
		return p.writeJSON(struct {
			Packs []packHead `json:"packs"`
		}{heads})
	}
	t := newTable("pack", "title", "area", "from")
	for _, h := range heads {
		t.add(h.Ref, h.Title, h.Area, h.ValidFrom)
	}
	return t.write(p.Stdout)
}

type packShowCmd struct {
	Name string `arg:"" help:"<pathogen>/<edition>@<version>; without a version the newest."`
	jsonFlag
}

// Run prints the pack in the order of its file.
func (c *packShowCmd) Run(_ context.Context, p *process) error {
	pack, err := protocol.Load(c.Name)
	if err != nil {
		return err
	}
	h := headOf(pack)
	if c.JSON {
		return p.writeJSON(struct {
			packHead
			Clauses []protocol.Clause `json:"clauses"`
		}{h, pack.Clauses()})
	}
	head := fmt.Sprintf("%s: %s; %s; area %s", h.Ref, h.Title, h.Pathogen, h.Area)
	if h.ValidFrom != "" {
		head += ", from " + h.ValidFrom
	}
	if h.Supersedes != "" {
		head += ", supersedes " + h.Supersedes
	}
	if _, err := fmt.Fprintln(p.Stdout, head); err != nil {
		return err
	}
	t := newTable("value of", "", "unit", "status", "source")
	for _, v := range pack.Clauses() {
		t.add(v.Path, strings.ReplaceAll(v.Value, "\n", " "), v.Unit, string(v.Status), v.Source)
	}
	return t.write(p.Stdout)
}
