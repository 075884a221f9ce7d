package assistance

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for requests between offices.
type Handler struct {
	s         *site.Site
	list, one *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [2]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewOne(s.Kit)
	return h, errors.Join(errs[:]...)
}

// most is how many requests of each side are listed: the newest.
const most = 200

// List is GET /o/{outbreak}/assistance.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	path := q.Path("assistance")
	v := ListView{Listing: ui.Listing{Path: path, Values: values}, All: values.Get("state") == "all", AllHref: path + "?state=all", OpenHref: path}
	v.Find, v.Hold = q.Pack.Clocks.AssistanceFind.Duration(), q.Pack.Clocks.AssistanceHold.Duration()
	if !q.Pack.Clocks.AssistanceFind.Set() {
		v.Find = 0
	}
	err := q.View(func(r *store.Reader) error {
		for _, side := range []struct {
			f    store.AssistanceFilter
			rows *[]Row
		}{{store.AssistanceFilter{In: true}, &v.In}, {store.AssistanceFilter{Out: true}, &v.Out}} {
			side.f.Outbreak, side.f.Within, side.f.Open = q.Outbreak.ID, q.Within(), !v.All
			list, err := r.AssistanceList(side.f, most)
			if err != nil {
				return err
			}
			if *side.rows, err = rows(q, r, list); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "assistance", v)
}

// rows says how requests stand, with their clocks.
func rows(q *site.Request, r *store.Reader, list []contact.Assistance) ([]Row, error) {
	ids := make([]int64, len(list))
	var made []contact.ID
	for i, a := range list {
		ids[i] = int64(a.ID)
		if a.Contact != 0 {
			made = append(made, a.Contact)
		}
	}
	tasks, err := r.TasksOfMany(task.OnAssistance, ids)
	if err != nil {
		return nil, err
	}
	contacts, err := r.ContactsByID(made)
	if err != nil {
		return nil, err
	}
	codes := map[contact.ID]string{}
	for _, c := range contacts {
		if q.Sees(auth.ContactRead, c.Area) {
			codes[c.ID] = c.Code
		}
	}
	out := make([]Row, len(list))
	for i, a := range list {
		out[i] = Row{Code: a.ID.Code(), Href: q.Path("assistance", strconv.FormatInt(int64(a.ID), 10)), State: string(a.State), Tier: string(a.Tier), From: district(q, a.FromDistrict, a.From), To: district(q, a.District, a.Area), AskedAt: a.AskedAt,
			Reason: a.Reason, CaseIsNone: a.State == contact.AssistanceWithdrawn && a.Reason == "", ContactCode: codes[a.Contact]}
		if a.State == contact.AssistanceEnded && a.Outcome.Over() {
			out[i].Outcome = string(a.Outcome)
		}
		if codes[a.Contact] != "" {
			out[i].ContactHref = q.Path("contacts", codes[a.Contact])
		}
		for _, t := range tasks[int64(a.ID)] {
			c := Clock{Due: t.Due, DoneAt: t.EndedAt, Status: record.Status(q, t)}
			if q.Sees(auth.TaskRead, t.Area) {
				c.Href = record.TaskHref(q, t.ID)
			}
			switch t.Kind {
			case task.FindNamed:
				out[i].Find = c
			case task.QuarantineNamed:
				out[i].Hold = c
			default: // a request has no others
			}
		}
	}
	return out, nil
}

// read finds the request that the address names, for somebody of either side.
func (h *Handler) read(q *site.Request, r *store.Reader) (a contact.Assistance, err error) {
	n, err := q.Number("assistance")
	if err != nil {
		return a, err
	}
	if a, err = r.Assistance(contact.AssistanceID(n)); err != nil {
		return a, err
	}
	if a.Outbreak != q.Outbreak.ID || !q.Sees(auth.ContactRead, a.Area) && !q.Sees(auth.ContactRead, a.From) {
		return a, store.ErrNotFound
	}
	return a, nil
}

// Show is GET /o/{outbreak}/assistance/{assistance}.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "assistance", v)
}

func (h *Handler) view(q *site.Request) (v View, a contact.Assistance, err error) {
	err = q.View(func(r *store.Reader) error {
		if a, err = h.read(q, r); err != nil {
			return err
		}
		list, err := rows(q, r, []contact.Assistance{a})
		if err != nil {
			return err
		}
		v = View{Row: list[0], Together: time.Duration(a.Seconds) * time.Second, FirstAt: a.FirstAt, LastAt: a.LastAt, First: a.First.String(), Last: a.Last.String(), Setting: a.Setting, Clause: a.Clause, Pack: q.Pack.Ref(), AskedBy: happened.Who(q, a.AskedBy), Note: a.Note,
			AnsweredAt: a.AnsweredAt, AnsweredBy: happened.Who(q, a.AnsweredBy), FoundAt: a.FoundAt, QuarantinedAt: a.QuarantinedAt, EndedAt: a.EndedAt}
		k, err := r.Case(a.Case)
		if err != nil {
			return err
		}
		if q.Sees(auth.CaseRead, k.Area) {
			v.Case, v.CaseHref = k.Code, q.Path("cases", k.Code)
		}
		if q.Sees(auth.TaskRead, a.Area) {
			tasks, err := r.TasksOf(task.Subject{Kind: task.OnAssistance, ID: int64(a.ID)})
			if err != nil {
				return err
			}
			t := record.Orders(q, v.Href, tasks)
			v.Tasks = &t
		}
		facts, err := record.Facts(r, task.Subject{Kind: task.OnAssistance, ID: int64(a.ID)})
		if err != nil {
			return err
		}
		v.Timeline, err = record.Timeline(q, r, facts, nil)
		return err
	})
	if err != nil {
		return v, a, err
	}
	if q.Sees(auth.ContactRead, a.Area) {
		v.Names = record.Names(q, a.Area, v.Href)
	}
	if a.State == contact.AssistanceAsked {
		version := strconv.FormatInt(a.Version, 10)
		reason := []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Autocomplete: "off"}}
		if q.Sees(auth.ContactWrite, a.Area) {
			v.Accept = &ui.Form{ID: "accept", Action: v.Href + "?do=" + string(contact.AssistanceAccepted), Submit: i18n.M("assistance.accept"), Version: version}
			v.SendBack = &ui.Form{ID: "send-back", Action: v.Href + "?do=" + string(contact.AssistanceSentBack), Submit: i18n.M("assistance.send_back"), Version: version, Fields: reason}
		}
		if q.Sees(auth.ContactWrite, a.From) {
			v.Withdraw = &ui.Form{ID: "withdraw", Action: v.Href + "?do=" + string(contact.AssistanceWithdrawn), Submit: i18n.M("assistance.withdraw"), Version: version, Danger: true, Fields: append([]ui.Field(nil), reason...)}
		}
	}
	return v, a, nil
}

// Names is POST /o/{outbreak}/assistance/{assistance}/names: the reader, of the office that is asked, said why they need to know who it is.
func (h *Handler) Names(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, a, err := h.view(q)
	if err != nil {
		return err
	}
	read, bad, err := record.ReadNames(q, form, v.Href+"/names", task.Subject{Kind: task.OnAssistance, ID: int64(a.ID)})
	if err != nil {
		return err
	}
	if v.Names = (ui.Names{Ask: bad}); bad == nil {
		v.Names.Read = &read[0]
	}
	return q.Show(h.one, "assistance", v)
}

// Answer is POST /o/{outbreak}/assistance/{assistance}?do=: accepted, sent back or withdrawn.
func (h *Handler) Answer(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, a, err := h.view(q)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not the version of a request"}
	}
	do := contact.AssistanceState(q.URL.Query().Get("do"))
	_, err = h.s.Commands.AnswerAssistance(q.Context(), q.By(), command.AnswerAssistance{Assistance: a.ID, Version: version, Answer: do, Reason: form.Get("reason")})
	var wrong *command.Invalid
	if f := map[contact.AssistanceState]*ui.Form{contact.AssistanceAccepted: v.Accept, contact.AssistanceSentBack: v.SendBack, contact.AssistanceWithdrawn: v.Withdraw}[do]; f != nil && errors.As(err, &wrong) {
		fill(f, form)
		record.Mark(f, wrong)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "assistance", v)
	}
	if err != nil {
		return err
	}
	return q.Done(v.Href, "assistance_"+string(do), 1)
}

func fill(f *ui.Form, form url.Values) {
	for i := range f.Fields {
		f.Fields[i].Value = form.Get(f.Fields[i].Name)
	}
}

// district names the district that an office is of.
func district(q *site.Request, d, area place.AreaID) string {
	if d == 0 {
		d = area
	}
	return q.AreaName(d)
}
