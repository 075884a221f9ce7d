package packs

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the packs. They hold no data of anybody: whoever is logged in may read what decides.
type Handler struct {
	s         *site.Site
	list, one *ui.Page
	move      *ui.Page // of an outbreak to another pack
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [3]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewPack(s.Kit)
	h.move, errs[2] = NewChange(s.Kit)
	return h, errors.Join(errs[:]...)
}

const root = "/packs"

// List is GET /packs.
func (h *Handler) List(q *site.Request) error {
	all, err := protocol.List()
	if err != nil {
		return err
	}
	uses, err := h.uses(q)
	if err != nil {
		return err
	}
	var v ListView
	for _, p := range all {
		v.Packs = append(v.Packs, row(q, p, uses))
	}
	if auth.MayAnywhere(q.Actor, auth.OutbreakAdmin, "", q.Now) {
		err := q.View(func(r *store.Reader) error {
			list, err := r.Outbreaks()
			for _, o := range list {
				if q.Sees(auth.OutbreakAdmin, o.Area) {
					v.Changes = append(v.Changes, Settings{Name: o.Title, Pack: site.OutbreakPath(o.Name, "pack"), AutoAccept: site.OutbreakPath(o.Name, "auto-accept")})
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return q.Show(h.list, "packs", v)
}

// uses are the outbreaks by the pack in force.
func (h *Handler) uses(q *site.Request) (map[string][]Use, error) {
	var list []outbreak.Outbreak
	err := q.View(func(r *store.Reader) (err error) { list, err = r.Outbreaks(); return err })
	out := map[string][]Use{}
	for _, o := range list {
		out[o.Pack] = append(out[o.Pack], Use{Name: o.Title, Href: site.OutbreakPath(o.Name)})
	}
	return out, err
}

func words(q *site.Request, t protocol.Text) string {
	if q.Lang() == "zh" {
		return t.ZH
	}
	return t.EN
}

// UnitKey is how a unit is told: pack.unit.<key>. Words and texts have none.
func UnitKey(unit string) string {
	switch unit {
	case protocol.Word, protocol.Words, protocol.Switch:
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(unit, " ", "_"))
}

func row(q *site.Request, p *protocol.Pack, uses map[string][]Use) Row {
	out := Row{Ref: p.Ref(), Href: root + "/" + (&url.URL{Path: p.Ref()}).EscapedPath(), Title: words(q, p.Title), Pathogen: words(q, p.Pathogen), Area: p.Area, From: p.ValidFrom.String(), UsedBy: uses[p.Ref()]}
	for _, c := range p.Clauses() {
		out.Values++
		if c.Status == protocol.Assumed {
			out.Assumed++
		}
	}
	return out
}

// cited finds the numbers of sources in a source's text.
var cited = regexp.MustCompile(`\[(\d+)\]`)

// Show is GET /packs/{pathogen}/{edition}: with its version after an @, or without one the newest.
func (h *Handler) Show(q *site.Request) error {
	name := q.PathValue("pathogen") + "/" + q.PathValue("edition")
	p, err := protocol.Load(name)
	if errors.Is(err, protocol.ErrUnknown) {
		return fmt.Errorf("pack %q: %w", name, store.ErrNotFound)
	}
	if err != nil {
		return err
	}
	uses, err := h.uses(q)
	if err != nil {
		return err
	}
	sources, err := p.Sources()
	if err != nil {
		return err
	}
	v := View{Row: row(q, p, uses), List: root, Supersedes: p.Supersedes}
	used := map[int]bool{}
	for _, c := range p.Clauses() {
		key, _, _ := strings.Cut(c.Path, ".")
		if n := len(v.Sections); n == 0 || v.Sections[n-1].Key != key {
			v.Sections = append(v.Sections, Section{Key: key})
		}
		x := Value{Path: c.Path, Value: strings.ReplaceAll(c.Value, "\n", " "), Switch: c.Unit == protocol.Switch, Source: c.Source, Status: string(c.Status)}
		if c.Unit == protocol.Words {
			x.Text, x.Value = true, words(q, protocol.Text{EN: c.Value, ZH: c.ZH})
		}
		x.Unit = UnitKey(c.Unit)
		for _, m := range cited.FindAllStringSubmatch(c.Source, -1) {
			if _, known := sources[m[0]]; !known {
				continue
			}
			x.Refs = append(x.Refs, m[1])
			if n, err := strconv.Atoi(m[1]); err == nil {
				used[n] = true
			}
		}
		s := &v.Sections[len(v.Sections)-1]
		s.Values = append(s.Values, x)
	}
	var numbers []int
	for n := range used {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		s := strconv.Itoa(n)
		v.Sources = append(v.Sources, Source{Number: s, Text: sources["["+s+"]"]})
	}
	return q.Show(h.one, "packs", v)
}
