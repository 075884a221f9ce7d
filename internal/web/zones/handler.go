package zones

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
	"firebreak/internal/zone"
)

// Handler answers for the list of zones and the page of one.
type Handler struct {
	s         *site.Site
	list, one *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [2]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewZone(s.Kit)
	return h, errors.Join(errs[:]...)
}

// pageRows is how many zones a page of the list has.
const pageRows = 50

// List is GET /o/{outbreak}/zones.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := ListView{Listing: ui.Listing{Path: q.Path("zones"), Values: values}, Draws: len(q.Pack.Zones.Levels) > 0}
	f := store.ZoneFilter{Outbreak: q.Outbreak.ID, Within: q.Within()}
	switch s := values.Get("state"); {
	case s == "":
		f.States = []zone.State{zone.Proposed, zone.InForce}
	case s == "all":
	case slices.Contains(zone.States(), zone.State(s)):
		f.States = []zone.State{zone.State(s)}
	default:
		return &command.Invalid{Field: "state", Value: s, Reason: "is no state of a zone"}
	}
	if after := values.Get("after"); after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n <= 0 {
			return fmt.Errorf("list of zones after %q: %w", after, store.ErrCursor)
		}
		f.Before = zone.ID(n)
	}
	v.Filters = Filters(h.areas(q), values)
	err := q.View(func(r *store.Reader) error {
		list, err := r.ZoneList(f, pageRows+1)
		if err != nil {
			return err
		}
		if len(list) > pageRows {
			list = list[:pageRows]
			v.Next = strconv.FormatInt(int64(list[pageRows-1].ID), 10)
		}
		areas := make([]place.AreaID, len(list))
		for i, z := range list {
			areas[i] = z.Area
		}
		last, err := r.LastCommunityCases(q.Outbreak.ID, areas...)
		if err != nil {
			return err
		}
		var outlined []place.AreaID
		for _, z := range list {
			row, err := h.row(q, r, z, last[z.Area])
			if err != nil {
				return err
			}
			v.Zones = append(v.Zones, row)
			if _, known := q.Tree.Get(z.Area); known && z.State.Standing() {
				outlined = append(outlined, z.Area)
			}
		}
		// What waits for somebody stands first.
		waits := func(z Row) bool { return z.State == string(zone.Proposed) }
		slices.SortStableFunc(v.Zones, func(a, b Row) int {
			switch {
			case waits(a) == waits(b):
				return 0
			case waits(a):
				return -1
			}
			return 1
		})
		outlines, err := r.Boundaries(outlined)
		if err == nil && len(outlines) > 0 {
			at := "?area=" + url.QueryEscape(q.Area.Code)
			if q.Area.ID == 0 {
				at = ""
			}
			v.Map = &ui.Map{ID: "zone-map", Label: i18n.M("zone.map"), Layers: []ui.MapLayer{
				{Key: "districts", Kind: "area", Href: q.Path("map", "districts.geojson") + at, Shown: true}, {Key: "zones", Kind: "zone", Href: q.Path("map", "zones.geojson") + at, Shown: true}}}
		}
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "zones", v)
}

// areas are those to narrow the list to.
func (h *Handler) areas(q *site.Request) []ui.Option {
	var out []ui.Option
	if q.Area.ID != 0 {
		out = append(out, ui.Option{Value: q.Area.Code, Text: q.AreaName(q.Area.ID)})
	}
	for _, j := range q.Parts(q.Tops(q.Action)) {
		out = append(out, ui.Option{Value: j.Code, Text: q.AreaName(j.ID)})
	}
	return out
}

func (h *Handler) row(q *site.Request, r *store.Reader, z zone.Zone, lastCase time.Time) (Row, error) {
	out := Row{Href: href(q, z.ID), Area: q.AreaName(z.Area), Level: title(q, z.Level), State: string(z.State), Since: z.ProposedAt}
	if !z.DecidedAt.IsZero() {
		out.Since = z.DecidedAt
	}
	if z.District != z.Area {
		out.Within = q.AreaName(z.District)
	}
	if z.Withdrawn() {
		out.End = i18n.M("zone.withdrawn")
	} else if !z.State.Standing() {
		out.End = i18n.M("event.detail", "text", z.Reason)
	} else {
		l := lifting(q, z, lastCase)
		out.Met = l.Met && z.State == zone.InForce
		switch {
		case !l.Known:
			out.End = i18n.M("zone.end_open")
		case out.Met:
			out.End = i18n.M("zone.end_met", "day", i18n.Day(l.Until.String()))
		default:
			out.End = i18n.M("zone.end_after", "day", i18n.Day(l.Until.String()))
		}
	}
	entries, err := entriesOf(r, z)
	if err == nil && len(entries) > 0 {
		out.Clause = entries[0].Clause
		if entries[0].Pack != q.Pack.Ref() {
			out.Clause = entries[0].Pack + " " + out.Clause
		}
	}
	return out, err
}

func href(q *site.Request, id zone.ID) string {
	return q.Path("zones", strconv.FormatInt(int64(id), 10))
}

// level is what the pack in force says of a level; its own name stands for it where another pack had it.
func level(q *site.Request, name zone.Level) protocol.ZoneLevel {
	for _, l := range q.Pack.Zones.Levels {
		if l.Name == name {
			return l
		}
	}
	return protocol.ZoneLevel{Name: name, Title: protocol.Text{EN: string(name), ZH: string(name)}}
}

func words(q *site.Request, t protocol.Text) string {
	if q.Lang() == "zh" {
		return t.ZH
	}
	return t.EN
}

func title(q *site.Request, name zone.Level) string { return words(q, level(q, name).Title) }

func lifting(q *site.Request, z zone.Zone, lastCase time.Time) response.Lifting {
	return response.ZoneLifting(q.Pack, q.Now, response.ZoneFacts{Zone: z, LastCase: lastCase, Loc: q.Zone})
}

// said is what the journal says of a zone.
type said struct {
	journal.Entry
	Zone   zone.ID    `json:"zone"`
	Level  zone.Level `json:"level"`
	State  zone.State `json:"state"`
	Reason string     `json:"reason"`
}

// entriesOf is what was decided about a zone, from its proposal on.
func entriesOf(r *store.Reader, z zone.Zone) ([]said, error) {
	entries, err := r.EntriesOfKinds(task.Subject{Kind: task.OnCase, ID: int64(z.Case)}, journal.ZoneProposed, journal.ZoneDecided)
	if err != nil {
		return nil, err
	}
	var out []said
	for _, e := range entries {
		s := said{Entry: e}
		if err := json.Unmarshal(e.Payload, &s); err != nil {
			return nil, fmt.Errorf("journal entry %d: %w", e.Seq, err)
		}
		if s.Zone == z.ID {
			out = append(out, s)
		}
	}
	return out, nil
}

// Show is GET /o/{outbreak}/zones/{zone}.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "zones", v)
}

// read reads the zone of the address, if the person may see it.
func (h *Handler) read(q *site.Request, r *store.Reader) (zone.Zone, error) {
	n, err := q.Number("zone")
	if err != nil {
		return zone.Zone{}, err
	}
	z, err := r.Zone(zone.ID(n))
	if err == nil && (z.Outbreak != q.Outbreak.ID || !q.Sees(auth.ZoneRead, z.Area)) {
		err = fmt.Errorf("zone %d: %w", n, store.ErrNotFound)
	}
	return z, err
}

// view puts the page of a zone together.
func (h *Handler) view(q *site.Request) (v View, z zone.Zone, err error) {
	err = q.View(func(r *store.Reader) error {
		if z, err = h.read(q, r); err != nil {
			return err
		}
		l := level(q, z.Level)
		j, _ := q.Tree.Get(z.Area)
		v = View{ID: int64(z.ID), Area: q.AreaName(z.Area), Population: j.Population, Level: words(q, l.Title), Conduct: words(q, l.Conduct), State: string(z.State), Since: z.DecidedAt, Proposed: z.ProposedAt, Reason: z.Reason}
		if z.DecidedAt.IsZero() {
			v.Since = z.ProposedAt
		}
		v.Withdrawn = z.Withdrawn()
		for _, up := range q.Tree.Path(z.Area) {
			if up.ID != z.Area && (q.Outbreak.Area == 0 || q.Tree.Contains(q.Outbreak.Area, up.ID)) {
				v.Path = append(v.Path, ui.Crumb{Name: q.AreaName(up.ID), Href: q.Path("zones") + "?area=" + url.QueryEscape(up.Code)})
			}
		}
		if z.State.Standing() {
			last, err := r.LastCommunityCases(z.Outbreak, z.Area)
			if err != nil {
				return err
			}
			v.Lifting = h.tests(q, lifting(q, z, last[z.Area]))
		}
		entries, err := entriesOf(r, z)
		if err != nil {
			return err
		}
		if v.Because, err = h.because(q, r, entries); err != nil {
			return err
		}
		due, err := r.EntriesOfKinds(task.Subject{Kind: task.OnZone, ID: int64(z.ID)}, journal.ZoneDue, journal.ZonePutOff)
		if err != nil {
			return err
		}
		for _, e := range due {
			entries = append(entries, said{Entry: e})
		}
		slices.SortFunc(entries, func(a, b said) int { return cmp.Compare(a.Seq, b.Seq) })
		v.Timeline = h.history(q, entries)
		v.Task, err = h.task(q, r, z)
		return err
	})
	if err == nil {
		v.Decide = h.form(q, z)
	}
	return v, z, err
}

// tests says a pack's lifting test with its values.
func (h *Handler) tests(q *site.Request, l response.Lifting) *Lifting {
	if !l.Known {
		return nil
	}
	out := &Lifting{From: l.From.String(), Until: l.Until.String(), Met: l.Met}
	if l.To != "" {
		out.To = title(q, l.To)
	}
	for _, path := range l.Clauses {
		c, ok := q.Pack.Clause(path)
		if !ok {
			continue
		}
		what := path[strings.LastIndexByte(path, '.')+1:]
		value := c.Value
		if what == "lifts_to" {
			value = title(q, zone.Level(value))
		}
		out.Clauses = append(out.Clauses, Clause{What: what, Value: value, Unit: unit(c.Unit), Path: q.Pack.Ref() + " " + path, Source: c.Source, Status: string(c.Status)})
	}
	return out
}

// unit is the key of a unit's word; a word has none.
func unit(u string) string {
	if u == protocol.Word {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(u, " ", "_"))
}

// because walks one step back from the proposal: the rule, the clause, and the fact.
func (h *Handler) because(q *site.Request, r *store.Reader, entries []said) ([]Reason, error) {
	if len(entries) == 0 || entries[0].Kind != journal.ZoneProposed {
		return nil, nil
	}
	e := entries[0]
	out := []Reason{{Kind: "rule", Text: i18n.M("rule." + e.Rule), Ref: "response/on_" + e.Rule + ".go"}}
	if e.Clause != "" {
		reason := Reason{Kind: "clause", Text: i18n.M("zone.proposes", "level", title(q, e.Level)), Ref: e.Pack + " " + e.Clause}
		if p, err := protocol.Load(e.Pack); err == nil {
			if c, ok := p.Clause(e.Clause); ok {
				reason.Ref += " · " + c.Source
			}
		}
		out = append(out, reason)
	}
	if e.Cause.Seq == 0 {
		return out, nil
	}
	cause, err := r.Entry(e.Cause.Seq)
	if err != nil {
		return nil, err
	}
	if cause.Subject.Kind == "" { // a file: the case it brought says more
		cause.Subject, cause.Kind, cause.Area = e.Subject, journal.CaseConfirmed, e.Area
	}
	event, err := happened.Say(q, r, cause)
	return append(out, Reason{Kind: "fact", Text: event.Text, Ref: "#" + strconv.FormatInt(cause.Seq, 10), Href: event.Href, At: cause.At}), err
}

// history is the life of the zone, the newest first.
func (h *Handler) history(q *site.Request, entries []said) ui.Timeline {
	out := ui.Timeline{ID: "zone-history", Label: i18n.M("case.tab.history")}
	for _, e := range slices.Backward(entries) {
		event := ui.Event{At: e.RecordedAt, Kind: string(e.Kind), Text: i18n.M("zone.event.proposed", "level", title(q, e.Level))}
		switch e.Kind {
		case journal.ZoneDecided:
			event.Who = e.Actor
			event.Text = i18n.M("zone.event."+string(e.State), "level", title(q, e.Level), "reason", e.Reason)
		case journal.ZoneDue, journal.ZonePutOff:
			event.Text = i18n.M("event." + string(e.Kind))
		default: // the proposal
		}
		out.Events = append(out.Events, event)
	}
	return out
}

// task is the one that the next decision does, or that the last one did, where the reader may see it: to decide the proposal, and later to review the zone.
func (h *Handler) task(q *site.Request, r *store.Reader, z zone.Zone) (*Task, error) {
	list, err := r.TasksOf(task.Subject{Kind: task.OnCase, ID: int64(z.Case)})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(t task.Task) bool { return t.Kind != task.DecideZone || t.Ordinal != int(z.ID) })
	reviews, err := r.TasksOf(task.Subject{Kind: task.OnZone, ID: int64(z.ID)})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(reviews, func(a, b task.Task) int { return b.Ordinal - a.Ordinal })
	for _, t := range slices.Concat(reviews, list) {
		if t.State == task.Void && t.Kind == task.ReviewZone || !q.Sees(auth.TaskRead, t.Area) {
			continue
		}
		out := &Task{Kind: string(t.Kind), Href: q.Path("tasks", strconv.FormatInt(int64(t.ID), 10)), Due: t.Due, Status: ui.StatusOf(t.Due, q.Now, site.Soon), Owner: auth.Role(t.Owner).Title(auth.Lang(q.Lang()))}
		switch t.State {
		case task.Done:
			out.Status = ui.Done
		case task.Waived:
			out.Status = ui.Waived
		case task.Void:
			out.Status = ui.Void
		case task.Open: // by its deadline
		}
		return out, nil
	}
	return nil, nil
}

// form is the decision; nil where there is none left, or the person has none to take.
func (h *Handler) form(q *site.Request, z zone.Zone) *ui.Form {
	if !z.State.Standing() || !q.Sees(auth.ZoneWrite, z.Area) {
		return nil
	}
	choice := ui.Field{Name: "decision", Label: i18n.M("zone.decision"), Kind: ui.FieldRadio, Required: true}
	add := func(value string, label i18n.Msg) {
		choice.Options = append(choice.Options, ui.Option{Value: value, Label: label})
	}
	if z.State == zone.Proposed {
		add("draw:"+string(z.Level), i18n.M("zone.draw_as_proposed", "level", title(q, z.Level)))
	} else {
		add("lift", i18n.M("zone.lift"))
	}
	for _, l := range q.Pack.Zones.Levels {
		switch {
		case l.Name == z.Level:
		case z.State == zone.Proposed:
			add("draw:"+string(l.Name), i18n.M("zone.draw_otherwise", "level", words(q, l.Title)))
		default:
			add("draw:"+string(l.Name), i18n.M("zone.move_to", "level", words(q, l.Title)))
		}
	}
	if z.State == zone.Proposed {
		add("decline", i18n.M("zone.decline"))
	}
	return &ui.Form{ID: "decide", Action: href(q, z.ID), Version: strconv.FormatInt(z.Version, 10), Submit: i18n.M("zone.decide_submit"),
		Hidden: map[string]string{"was_state": string(z.State), "was_level": string(z.Level)},
		Fields: []ui.Field{choice, {Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true, Hint: i18n.M("zone.reason_hint")}}}
}

// Decide is POST /o/{outbreak}/zones/{zone}.
func (h *Handler) Decide(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	// The bound is asked first: a zone outside it is not there, whatever the order would say.
	var z zone.Zone
	if err := q.View(func(r *store.Reader) (err error) { z, err = h.read(q, r); return err }); err != nil {
		return err
	}
	in := command.DecideZone{Zone: z.ID, Version: version, Reason: form.Get("reason")}
	verb, to, _ := strings.Cut(form.Get("decision"), ":")
	switch verb {
	case "draw":
		in.State, in.Level = zone.InForce, zone.Level(to)
	case "decline":
		in.State = zone.Declined
	case "lift":
		in.State = zone.Lifted
	}
	if in.State == "" {
		err = &command.Invalid{Field: "decision", Value: verb, Reason: "is not one of those offered"}
	} else {
		_, err = h.s.Commands.DecideZone(q.Context(), q.By(), in)
	}
	var conflict *store.Conflict
	var invalid *command.Invalid
	switch {
	case err == nil:
		return q.Done(href(q, z.ID), "decided", 1)
	case errors.As(err, &conflict):
		return h.conflict(q, form, in)
	case errors.As(err, &invalid):
		v, _, err := h.view(q)
		if err != nil {
			return err
		}
		if v.Decide == nil {
			return invalid
		}
		v.Decide.Fields[0].Value, v.Decide.Fields[1].Value = form.Get("decision"), form.Get("reason")
		switch invalid.Field {
		case "reason":
			v.Decide.Fields[1].Error = i18n.M("form.required_why")
		case "decision":
			v.Decide.Fields[0].Error = i18n.M("zone.choose")
		default:
			v.Decide.Error = i18n.M("form.wrong", "field", invalid.Field, "reason", invalid.Reason)
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "zones", v)
	}
	return err
}

// conflict tells what somebody else decided between the person's reading and their own decision, which is kept in the form.
func (h *Handler) conflict(q *site.Request, form url.Values, in command.DecideZone) error {
	v, z, err := h.view(q)
	if err != nil {
		return err
	}
	c := &ui.Conflict{At: time.Time{}, Reload: href(q, z.ID)}
	for _, e := range v.Timeline.Events[:min(1, len(v.Timeline.Events))] {
		c.Who, c.At = e.Who, e.At
	}
	state := func(s string) string {
		if !slices.Contains(zone.States(), zone.State(s)) {
			return "–"
		}
		return q.Words().Enum("zone.state", s)
	}
	yours := in.Level
	if yours == "" {
		yours = zone.Level(form.Get("was_level"))
	}
	c.Changes = []ui.Change{
		{Label: i18n.M("col.state"), Was: state(form.Get("was_state")), Theirs: state(string(z.State)), Yours: state(string(in.State))},
		{Label: i18n.M("zone.level"), Was: title(q, zone.Level(form.Get("was_level"))), Theirs: title(q, z.Level), Yours: title(q, yours)},
		{Label: i18n.M("col.reason"), Theirs: z.Reason, Yours: in.Reason},
	}
	v.Conflict = c
	if v.Decide != nil {
		v.Decide.Fields[1].Value = in.Reason
	}
	return q.ShowStatus(http.StatusConflict, h.one, "zones", v)
}
