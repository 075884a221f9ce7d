package cases

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	noun "firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// proposals is the tab of those whom visits propose as contacts. What people and places are called stays closed until somebody says for what they need it.
func (h *Handler) proposals(q *site.Request, r *store.Reader, c noun.Case, v *View) error {
	href := q.Path("cases", c.Code)
	p := &Proposals{Path: href, Case: c.Code}
	v.Proposals = p
	if !q.Sees(auth.ContactRead, c.Area) {
		p.Hidden = true
		return nil
	}
	p.Write = q.Sees(auth.ContactWrite, c.Area)
	p.Vault = h.s.Commands.Identities() != nil
	if p.Write {
		p.Elsewhere = href + "/assistance"
	}
	if p.Write && p.Vault {
		p.Ask = purposeForm(q, "ask", href+"/trace", auth.ContactWrite, i18n.M("proposal.ask"))
	}
	if p.Vault {
		p.Preview = purposeForm(q, "preview", href+"/trace/preview", auth.ContactRead, i18n.M("preview.ask"))
	}
	left, days := h.s.Commands.VisitsLeft(q.Outbreak.ID)
	p.Left, p.Days = left, days
	list, err := r.ProposalsOf(c.ID)
	if err != nil {
		return err
	}
	if len(list) > 0 && p.Vault {
		p.Names = purposeForm(q, "names", href+"/proposals/names", auth.ContactRead, i18n.M("names.show"))
	}
	ids := make([]person.ID, 0, len(list))
	var made []contact.ID
	for _, x := range list {
		ids = append(ids, x.Person)
		if x.Contact != 0 {
			made = append(made, x.Contact)
		}
	}
	who, err := r.PeopleByID(ids)
	if err != nil {
		return err
	}
	listed, err := r.ContactsByID(made)
	if err != nil {
		return err
	}
	contacts := map[contact.ID]contact.Contact{}
	for _, k := range listed {
		contacts[k.ID] = k
	}
	if auto, ok, err := r.AutoTraceOf(c.ID); err != nil {
		return err
	} else if ok {
		p.Auto = &auto
	}
	asked, err := r.AssistanceOfCase(c.ID)
	if err != nil {
		return err
	}
	assistance := map[contact.ProposalID]contact.Assistance{} // the last of each
	for _, a := range asked {
		assistance[a.Proposal] = a
	}
	for _, x := range list {
		row := Proposal{ID: strconv.FormatInt(int64(x.ID), 10), Person: ui.Person{Code: "P-" + strconv.FormatInt(int64(x.ID), 10)}, Tier: string(x.Tier), Together: together(x), Places: int64(len(x.Places)), Lives: x.Lives,
			ByDay: wholeDay(x, q.Zone), First: x.First, Last: x.Last, Clause: x.Clause, Pack: x.Pack, Area: q.AreaName(x.Area), State: string(x.State), DecidedTier: string(x.DecidedTier), By: happened.Who(q, x.DecidedBy), At: x.DecidedAt, Reason: x.Reason}
		if q.Sees(auth.ContactRead, x.Area) {
			row.Person = record.Person(q, who[x.Person], row.Person.Code, "")
			if k, ok := contacts[x.Contact]; ok {
				row.Contact = ui.Person{Code: k.Code, Href: q.Path("contacts", k.Code)}
			}
		}
		if a, ok := assistance[x.ID]; ok {
			row.Assistance, row.AssistanceHref, row.AssistanceState, row.AssistanceReason = q.AreaName(a.District), q.Path("assistance", strconv.FormatInt(int64(a.ID), 10)), string(a.State), a.Reason
		}
		p.put(row)
	}
	return nil
}

// purposeForm is a button with what the reader does it for, which goes on record.
func purposeForm(q *site.Request, id, action string, right auth.Action, submit i18n.Msg) *ui.Form {
	f := ui.Form{ID: id, Action: action, Submit: submit, Fields: []ui.Field{{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldSelect, Value: string(q.Purpose(right)), Required: true}}}
	for _, p := range auth.PurposesFor(q.Actor, right, q.Now) {
		f.Fields[0].Options = append(f.Fields[0].Options, ui.Option{Value: string(p), Text: p.Title(auth.Lang(q.Lang()))})
	}
	return &f
}

// byFor is the caller with the purpose that they chose in a form.
func byFor(q *site.Request, form url.Values) command.By {
	return command.By{Actor: q.Actor, Purpose: auth.Purpose(form.Get("purpose"))}
}

// Ask is POST /o/{outbreak}/cases/{case}/trace: visits are asked who was with the case, and the nearest are kept to be decided on.
func (h *Handler) Ask(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	out, err := h.s.Commands.TraceCase(q.Context(), byFor(q, form), command.TraceCase{Outbreak: q.Outbreak.Name, Case: c.Code, Keep: true})
	var reading *command.Reading
	var wrong *command.Invalid
	switch {
	case errors.As(err, &reading):
		return h.showProposals(q, form, false, func(p *Proposals) { p.Left, p.Days = reading.Left, reading.Days })
	case errors.Is(err, store.ErrNotFound):
		return h.showProposals(q, form, false, func(p *Proposals) { p.Unknown = true })
	case errors.As(err, &wrong):
		return h.showProposals(q, form, false, func(p *Proposals) {
			if p.Ask != nil {
				record.Mark(p.Ask, wrong)
			}
		})
	case err != nil:
		return err
	}
	return h.showProposals(q, form, true, func(p *Proposals) {
		p.Asked, p.Found, p.LeftOut = true, len(out.Contacts), out.LeftOut
		if !out.Complete {
			p.Left = out.DaysLeft
		}
	})
}

// Preview is POST /o/{outbreak}/cases/{case}/trace/preview: how many people would be touched, before anybody orders anything.
func (h *Handler) Preview(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	out, err := h.s.Commands.PreviewTrace(q.Context(), byFor(q, form), command.PreviewTrace{Outbreak: q.Outbreak.Name, Case: c.Code})
	var reading *command.Reading
	var wrong *command.Invalid
	switch {
	case errors.As(err, &reading):
		return h.showProposals(q, form, false, func(p *Proposals) { p.Left, p.Days = reading.Left, reading.Days })
	case errors.Is(err, store.ErrNotFound):
		return h.showProposals(q, form, false, func(p *Proposals) { p.Unknown = true })
	case errors.As(err, &wrong):
		return h.showProposals(q, form, false, func(p *Proposals) {
			if p.Preview != nil {
				record.Mark(p.Preview, wrong)
			}
		})
	case err != nil:
		return err
	}
	return h.showProposals(q, form, false, func(p *Proposals) {
		p.Touched = touched(out)
		if !out.Complete {
			p.Left = out.DaysLeft
		}
	})
}

func touched(out command.Previewed) *Touched {
	t := &Touched{Rooms: out.Capacity.Rooms, Beds: out.Capacity.Beds, Asked: out.Capacity.Asked, Investigators: out.Capacity.Investigators}
	for _, x := range out.Overlaps {
		t.Overlaps = append(t.Overlaps, Overlap{time.Duration(x.Minutes * float64(time.Minute)), x.Close, x.General, x.Known, x.Secondary})
	}
	near := t.Overlaps[0].Close
	t.Short = t.Asked && int64(near) > t.Rooms
	for _, x := range out.Cuts {
		t.Cuts = append(t.Cuts, Cut{x.Close, x.Secondary, x.Close == near, x.Rooms})
	}
	for _, x := range out.Doses {
		t.Doses = append(t.Doses, Dose{time.Duration(x.Hours * float64(time.Hour)), x.People})
	}
	return t
}

// ProposalNames is POST /o/{outbreak}/cases/{case}/proposals/names: the reader said for what they need to know what people and places are called.
func (h *Handler) ProposalNames(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	return h.showProposals(q, form, true, func(*Proposals) {})
}

// showProposals shows the tab, open where names are to be read: that goes on record.
func (h *Handler) showProposals(q *site.Request, form url.Values, open bool, more func(*Proposals)) error {
	v, c, err := h.view(q, ProposalsTab)
	if err != nil {
		return err
	}
	more(v.Proposals)
	if !open || v.Proposals.empty() {
		return q.Show(h.one, "cases", v)
	}
	list, err := h.s.Commands.Proposals(q.Context(), byFor(q, form), command.Proposals{Case: c.ID})
	if err != nil {
		return err
	}
	called := make(map[string]command.ProposalShown, len(list))
	for _, x := range list {
		called[strconv.FormatInt(int64(x.ID), 10)] = x
	}
	v.Proposals.name(func(row *Proposal) {
		x := called[row.ID]
		row.Name, row.Where = x.Name, strings.Join(x.Places, ", ")
	})
	v.Proposals.Named, v.Proposals.Names = true, nil
	if p := form.Get("purpose"); q.ChosenPurpose() != p {
		q.ChoosePurpose(auth.Purpose(p))
	}
	return q.Show(h.one, "cases", v)
}

// Decide is POST /o/{outbreak}/cases/{case}/proposals?do=: the proposals that were picked are confirmed, those who live elsewhere are asked of the office there, or the page asks why they are rejected or are of another tier.
func (h *Handler) Decide(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	href := q.Path("cases", c.Code)
	do := q.URL.Query().Get("do")
	ids := form["id"]
	if all := form.Get("ids"); all != "" {
		ids = strings.Split(all, ",")
	}
	v := DecideView{Case: c.Code, Do: do, Count: len(ids), Back: href + "?tab=" + string(ProposalsTab)}
	if len(ids) == 0 {
		return q.Done(v.Back, "none", 0)
	}
	in := command.DecideProposals{Case: c.ID, Confirm: do != "reject", Reason: form.Get("reason")}
	for _, s := range ids {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return &command.Invalid{Field: "id", Value: s, Reason: "is no proposal"}
		}
		in.Proposals = append(in.Proposals, contact.ProposalID(n))
	}
	switch do {
	case "confirm", "assist":
		in.Reason, in.Assist = "", do == "assist"
	case "tier":
		in.Tier = contact.Tier(form.Get("tier"))
	case "reject":
	default:
		return &command.Invalid{Field: "do", Value: do, Reason: "is confirm, assist, tier or reject"}
	}
	asks := do == "tier" || do == "reject"
	if asks && !form.Has("reason") {
		v.Form = decideForm(href, do, ids, form)
		return q.Show(h.decide, "cases", v)
	}
	// What was begun is finished, whether or not the person waits for the answer.
	out, err := h.s.Commands.DecideProposals(q.Detached(), q.By(), in)
	var wrong *command.Invalid
	if asks && errors.As(err, &wrong) {
		v.Form = decideForm(href, do, ids, form)
		record.Mark(&v.Form, wrong)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.decide, "cases", v)
	}
	if err != nil {
		return err
	}
	for _, d := range out {
		if d.Refused != "" {
			v.Refused = append(v.Refused, Refused{Code: "P-" + strconv.FormatInt(int64(d.Proposal), 10), Reason: d.Refused})
		}
	}
	if len(v.Refused) == 0 {
		return q.Done(v.Back, "decided", len(out))
	}
	v.Done, v.Decided = true, len(out)-len(v.Refused)
	return q.Show(h.decide, "cases", v)
}

// decideForm asks for what a rejection, or another tier, needs.
func decideForm(href, do string, ids []string, form url.Values) ui.Form {
	f := ui.Form{ID: "decide", Action: href + "/proposals?do=" + url.QueryEscape(do), Submit: i18n.M("proposal." + do), Cancel: href + "?tab=" + string(ProposalsTab), Danger: do == "reject", Hidden: map[string]string{"ids": strings.Join(ids, ",")}}
	if do == "tier" {
		f.Fields = append(f.Fields, ui.Field{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: form.Get("tier"), Required: true, Options: ui.Choices("tier", "close", "general")[1:]})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Value: form.Get("reason"), Required: true, Autocomplete: "off"})
	return f
}

// wholeDay says of a meeting of which nobody knows how long it was whether nothing but the day is known: then it begins or ends where the day does.
func wholeDay(p contact.Proposal, zone *time.Location) bool {
	if p.Seconds != contact.Untimed {
		return false
	}
	first, last := p.First.In(zone), p.Last.In(zone)
	y, m, d := first.Date()
	return first.Equal(time.Date(y, m, d, 0, 0, 0, 0, zone)) || last.Add(time.Second).Format(time.DateOnly) != last.Format(time.DateOnly)
}
