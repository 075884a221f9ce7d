package cases

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	noun "firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// AskAssistance is GET /o/{outbreak}/cases/{case}/assistance: the form by which the office of another district is asked for somebody whom the case named.
func (h *Handler) AskAssistance(q *site.Request) error {
	c, err := h.read(q)
	if err != nil {
		return err
	}
	return q.Show(h.form, "cases", assistanceForm(q, c, url.Values{"tier": {"close"}}, nil))
}

// AssistanceAsked is POST /o/{outbreak}/cases/{case}/assistance.
func (h *Handler) AssistanceAsked(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in := command.AskAssistance{Outbreak: q.Outbreak.Name, Case: c.ID, Person: command.PersonFields{Identity: record.IdentityFrom(form)}, Fields: map[string]string{}, Note: form.Get("note")}
	for _, name := range []string{"area", "tier", "first_exposed", "last_exposed", "setting"} {
		if s := strings.TrimSpace(form.Get(name)); s != "" {
			in.Fields[name] = s
		}
	}
	a, err := h.s.Commands.AskAssistance(q.Context(), q.By(), in)
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "cases", assistanceForm(q, c, form, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("assistance", strconv.FormatInt(int64(a.ID), 10)), "assistance_asked", 1)
}

func assistanceForm(q *site.Request, c noun.Case, v url.Values, wrong *command.Invalid) FormView {
	href, today := q.Path("cases", c.Code), day.In(q.Now, q.Zone).String()
	if len(offices(q, c)) == 0 {
		return FormView{Title: i18n.M("assistance.ask_for", "case", c.Code), Hint: i18n.M("assistance.no_office"), Back: href + "?tab=" + string(ProposalsTab)}
	}
	f := ui.Form{ID: "assistance", Action: href + "/assistance", Submit: i18n.M("assistance.ask"), Cancel: href + "?tab=" + string(ProposalsTab), Fields: record.IdentityFields(ui.Identity{Name: v.Get("name"), Document: v.Get("document"), Phone: v.Get("phone")})}
	f.Fields = append(f.Fields, officeField(q, c, v.Get("area")),
		ui.Field{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: v.Get("tier"), Required: true, Options: ui.Choices("tier", "close", "general")[1:]},
		ui.Field{Name: "first_exposed", Label: record.FieldLabel("first_exposed"), Kind: ui.FieldDate, Value: v.Get("first_exposed"), Max: today},
		ui.Field{Name: "last_exposed", Label: record.FieldLabel("last_exposed"), Kind: ui.FieldDate, Value: v.Get("last_exposed"), Max: today, Required: true},
		ui.Field{Name: "setting", Label: record.FieldLabel("setting"), Kind: ui.FieldText, Value: v.Get("setting"), Autocomplete: "off"},
		ui.Field{Name: "note", Label: i18n.M("assistance.note"), Kind: ui.FieldText, Value: v.Get("note"), Autocomplete: "off"})
	record.Mark(&f, wrong)
	out := FormView{Title: i18n.M("assistance.ask_for", "case", c.Code), Hint: i18n.M("assistance.ask_hint"), Form: f}
	if clocks := q.Pack.Clocks; clocks.AssistanceFind.Set() {
		out.Clocks = i18n.M("assistance.clocks", "find", clocks.AssistanceFind.Duration(), "hold", clocks.AssistanceHold.Duration())
	}
	return out
}

// officeField asks in which other district somebody lives: those of the outbreak first, and those nearest to the case's own before others. An outbreak of one district asks offices outside it.
func officeField(q *site.Request, c noun.Case, value string) ui.Field {
	f := ui.Field{Name: "area", Label: i18n.M("assistance.lives_in"), Kind: ui.FieldSelect, Value: value, Required: true, Options: []ui.Option{{Label: i18n.M("form.unknown")}}}
	for _, j := range offices(q, c) {
		name := q.AreaName(j.ID)
		if up := q.Tree.Path(j.ID); len(up) > 1 && shared(q.Tree, j.ID, c.District) < len(up)-1 {
			name = q.AreaName(up[len(up)-2].ID) + " · " + name
		}
		f.Options = append(f.Options, ui.Option{Value: j.Code, Text: name})
	}
	return f
}

// offices are the districts whose offices can be asked about a case: every one of the register but the case's own.
func offices(q *site.Request, c noun.Case) (out []place.Jurisdiction) {
	for _, j := range q.Tree.All() {
		if j.Level == place.District && j.ID != c.District {
			out = append(out, j)
		}
	}
	outside := func(j place.Jurisdiction) bool { return !q.Tree.Contains(q.Outbreak.Area, j.ID) }
	slices.SortStableFunc(out, func(a, b place.Jurisdiction) int {
		if x, y := outside(a), outside(b); x != y {
			if y {
				return -1
			}
			return 1
		}
		return -cmp.Compare(shared(q.Tree, a.ID, c.District), shared(q.Tree, b.ID, c.District))
	})
	return out
}

// shared is how many of the areas around two are the same.
func shared(t *place.Tree, a, b place.AreaID) (n int) {
	x, y := t.Path(a), t.Path(b)
	for n < len(x) && n < len(y) && x[n].ID == y[n].ID {
		n++
	}
	return n
}
