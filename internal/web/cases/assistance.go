package cases

import (
	"errors"
	"net/http"
	"net/url"
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

// officeField asks in which other district of the outbreak somebody lives.
func officeField(q *site.Request, c noun.Case, value string) ui.Field {
	f := ui.Field{Name: "area", Label: i18n.M("assistance.lives_in"), Kind: ui.FieldSelect, Value: value, Required: true, Options: []ui.Option{{Label: i18n.M("form.unknown")}}}
	for _, j := range q.Tree.Subtree(q.Outbreak.Area) {
		if j.Level == place.District && j.ID != c.District {
			f.Options = append(f.Options, ui.Option{Value: j.Code, Text: q.AreaName(j.ID)})
		}
	}
	return f
}
