package cases

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	noun "firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// atButton are the fields that set off orders on a person; a draft saved while typing leaves them to the button.
var atButton = []string{"class", "outcome", "outcome_on", "found", "area"}

// shown is a case as the form shows it: instants to the minute, as an input takes them.
func shown(q *site.Request, c noun.Case) map[string]string {
	out := command.CaseFields(c, q.Zone, q.Tree)
	maps.DeleteFunc(out, func(name, v string) bool { return v == "" && strings.HasPrefix(name, "x.") })
	for name, v := range out {
		out[name] = atMinute(q, name, v)
	}
	return out
}

// atMinute writes the text of an instant as an input shows it; other texts are as they are.
func atMinute(q *site.Request, name, v string) string {
	if !strings.HasSuffix(name, "_at") || v == "" {
		return v
	}
	t, err := command.ParseInstant(v, q.Zone)
	if err != nil {
		return v
	}
	return record.Local(t, q.Zone)
}

// parts are the fields of a case as the form groups them. A test sees that none is left out.
var parts = []struct {
	title  string // key: section.<title>
	fields []string
}{
	{"illness", []string{"class", "onset", "sampled", "found", "outcome", "outcome_on"}},
	{"exposure", []string{"exposed_from", "exposed_to", "setting"}},
	{"steps", []string{"noted_at", "reported_at", "verified_at", "confirmed_at", "isolated_at", "admitted_at", "investigated_at", "listed_at"}},
	{"place", []string{"area", "hospital", "lon", "lat"}},
}

// investigation is the form of a case. typed, where given, stands in place of what is stored.
func (h *Handler) investigation(q *site.Request, r *store.Reader, c noun.Case, typed map[string]string) (ui.Form, error) {
	facts, err := r.EntriesOf(onCase(c), 1)
	if err != nil {
		return ui.Form{}, err
	}
	href := q.Path("cases", c.Code)
	f := ui.Form{ID: "investigation", Action: href, Autosave: href + "/draft", Version: strconv.FormatInt(c.Version, 10), Submit: i18n.M("action.save"), Cancel: href, Hidden: map[string]string{"seen": "0"}}
	if len(facts) > 0 {
		f.Hidden["seen"] = strconv.FormatInt(facts[0].Seq, 10) // the last fact that the person has seen: what came after is told on a conflict
	}
	values := shown(q, c)
	maps.Copy(values, typed)
	for _, p := range parts {
		for i, name := range p.fields {
			field := inputOf(q, name, values[name])
			if i == 0 {
				field.Section = i18n.M("section." + p.title)
			}
			f.Fields = append(f.Fields, field)
		}
	}
	own := i18n.M("section.own")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(name, "x.") && !command.WrittenByRule(name) {
			f.Fields = append(f.Fields, ui.Field{Name: name, Section: own, Label: record.FieldLabel(name), Kind: ui.FieldText, Value: values[name]})
			own = i18n.Msg{}
		}
	}
	f.Fields = append(f.Fields,
		ui.Field{Name: "own_name", Section: own, Label: i18n.M("field.own_name"), Kind: ui.FieldText, Hint: i18n.M("field.own_hint"), Autocomplete: "off"},
		ui.Field{Name: "own_value", Label: i18n.M("field.own_value"), Kind: ui.FieldText},
		ui.Field{Name: "reason", Section: i18n.M("section.correction"), Label: i18n.M("field.reason"), Kind: ui.FieldText, Hint: i18n.M("field.reason_hint")})
	return f, nil
}

// edit is what a person sent: the version and the last fact that they saw, and the fields.
type edit struct {
	version, seen int64
	fields        map[string]string
	reason        string
}

func readEdit(form url.Values) (edit, error) {
	e := edit{fields: map[string]string{}, reason: form.Get("reason")}
	var e1, e2 error
	e.version, e1 = strconv.ParseInt(form.Get("version"), 10, 64)
	e.seen, e2 = strconv.ParseInt(form.Get("seen"), 10, 64)
	if e1 != nil || e2 != nil {
		return e, &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not the version of a record"}
	}
	for name, v := range words(form) {
		if strings.HasPrefix(name, "x.") || slices.Contains(command.CaseFieldNames(), name) {
			e.fields[name] = v
		}
	}
	return e, nil
}

// own adds the outbreak's own field that the form makes.
func (e edit) own(form url.Values) {
	if name := strings.TrimSpace(form.Get("own_name")); name != "" {
		e.fields["x."+strings.TrimPrefix(name, "x.")] = strings.TrimSpace(form.Get("own_value"))
	}
}

// theirs are the fields that others changed since the person opened the form, from the facts, with who and when last.
type theirs struct {
	changes map[string]command.Change
	who     ui.Conflict
}

func (h *Handler) theirs(q *site.Request, r *store.Reader, c noun.Case, seen int64) (theirs, error) {
	out := theirs{changes: map[string]command.Change{}}
	facts, err := record.Facts(r, onCase(c))
	if err != nil {
		return out, err
	}
	for _, e := range facts { // newest first
		if e.Seq <= seen {
			break
		}
		if out.who.Who == "" {
			out.who.Who, out.who.At = e.Actor, e.RecordedAt
		}
		for name, ch := range record.Changes(e) {
			later, ok := out.changes[name]
			if !ok {
				later.To = ch.To
			}
			later.From = ch.From
			out.changes[name] = later
		}
	}
	return out, nil
}

// mine keeps the fields that the person changed themself: those that differ from what the form showed when it was opened.
func mine(q *site.Request, c noun.Case, t theirs, posted map[string]string) map[string]string {
	base := shown(q, c)
	for name, ch := range t.changes {
		base[name] = atMinute(q, name, ch.From)
	}
	out := map[string]string{}
	for name, v := range posted {
		if v != base[name] {
			out[name] = v
		}
	}
	return out
}

// Save is POST /o/{outbreak}/cases/{case}: the whole form, by the button.
func (h *Handler) Save(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, e, t, err := h.open(q, form)
	if err != nil {
		return err
	}
	e.own(form)
	changed := mine(q, c, t, e.fields)
	if len(changed) == 0 && e.version == c.Version {
		return q.Done(q.Path("cases", c.Code)+"?tab=investigation", "saved", 1)
	}
	_, err = h.s.Commands.CorrectCase(q.Context(), q.By(), command.CorrectCase{Case: c.ID, Version: e.version, Fields: changed, Reason: e.reason})
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case err == nil:
		return q.Done(q.Path("cases", c.Code)+"?tab=investigation", "saved", 1)
	case errors.As(err, &conflict):
		return h.again(q, http.StatusConflict, e.seen, changed, nil)
	case errors.As(err, &wrong):
		return h.again(q, http.StatusUnprocessableEntity, 0, changed, wrong)
	}
	return err
}

// open reads what was posted and the case as it is now.
func (h *Handler) open(q *site.Request, form url.Values) (c noun.Case, e edit, t theirs, err error) {
	if e, err = readEdit(form); err != nil {
		return c, e, t, err
	}
	err = q.View(func(r *store.Reader) error {
		if c, err = caseOf(q, r); err != nil {
			return err
		}
		t, err = h.theirs(q, r, c, e.seen)
		return err
	})
	return c, e, t, err
}

// again shows the form with what was typed: after a conflict with what others changed meanwhile, so that the next save is of one who knows; after an
// error with the error at its field.
func (h *Handler) again(q *site.Request, status int, seen int64, typed map[string]string, wrong *command.Invalid) error {
	var v View
	err := q.View(func(r *store.Reader) error {
		c, err := caseOf(q, r)
		if err != nil {
			return err
		}
		if v, err = h.head(q, r, c, Investigation); err != nil {
			return err
		}
		if v.Investigation, err = h.investigation(q, r, c, typed); err != nil {
			return err
		}
		record.Mark(&v.Investigation, wrong)
		if status != http.StatusConflict {
			return nil
		}
		t, err := h.theirs(q, r, c, seen)
		if err != nil {
			return err
		}
		t.who.Reload = q.Path("cases", c.Code) + "?tab=investigation"
		for _, name := range slices.Sorted(maps.Keys(t.changes)) {
			ch := t.changes[name]
			was, now := atMinute(q, name, ch.From), atMinute(q, name, ch.To)
			yours, ok := typed[name]
			if !ok {
				yours = was
			}
			t.who.Changes = append(t.who.Changes, ui.Change{Label: record.FieldLabel(name), Was: was, Theirs: now, Yours: yours})
		}
		v.Investigation.Conflict = &t.who
		return nil
	})
	if err != nil {
		return err
	}
	return q.ShowStatus(status, h.one, "cases", v)
}

// Draft is POST /o/{outbreak}/cases/{case}/draft: what was typed so far, saved while typing. It answers with the version and the last fact, for the next save; with 409
// when somebody else changed the case, upon which the browser sends the whole form and the conflict is shown.
func (h *Handler) Draft(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, e, t, err := h.open(q, form)
	if err != nil {
		return draftFailed(q, err)
	}
	changed := mine(q, c, t, e.fields)
	for _, name := range atButton {
		delete(changed, name)
	}
	if len(changed) > 0 || e.version != c.Version {
		if c, err = h.s.Commands.CorrectCase(q.Context(), q.By(), command.CorrectCase{Case: c.ID, Version: e.version, Fields: changed, Reason: e.reason}); err != nil {
			return draftFailed(q, err)
		}
	}
	seen := e.seen
	err = q.View(func(r *store.Reader) error {
		facts, err := r.EntriesOf(onCase(c), 1)
		if err == nil && len(facts) > 0 {
			seen = facts[0].Seq
		}
		now, err2 := r.Case(c.ID)
		c = now
		return errors.Join(err, err2)
	})
	if err != nil {
		return draftFailed(q, err)
	}
	return answer(q, http.StatusOK, map[string]any{"version": strconv.FormatInt(c.Version, 10), "seen": strconv.FormatInt(seen, 10)})
}

func draftFailed(q *site.Request, err error) error {
	status := site.Status(err)
	if status >= http.StatusInternalServerError {
		return err
	}
	out := map[string]any{"error": http.StatusText(status)}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		out["field"], out["error"] = wrong.Field, wrong.Reason
	}
	return answer(q, status, out)
}

func answer(q *site.Request, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	q.W.Header().Set("Content-Type", "application/json")
	q.W.Header().Set("Cache-Control", "private, no-store")
	q.W.WriteHeader(status)
	_, _ = q.W.Write(b) // a reader who went away is no failure of ours
	return nil
}
