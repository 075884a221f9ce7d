package isolation

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// NewChecks parses the checks of a site, made for a phone. Its fragment "check" is one card, sent back after an answer.
func NewChecks(k *ui.Kit) (*ui.Page, error) {
	return k.Page("isolation-checks", files, "checks.html", "head.html")
}

// ChecksView is who is to be checked at a site now.
type ChecksView struct {
	Head
	Groups  []CheckGroup
	Due     int64
	Late    int64
	People  int64
	Made    int64     // whose check of now is done
	Next    time.Time // when the first of them is due again; zero for none
	Without int64     // who have no checks
}

// CheckGroup is those who are late, or those of one lift or corridor.
type CheckGroup struct {
	Title i18n.Msg
	Cards []CheckCard
}

// CheckCard is one person to check.
type CheckCard struct {
	ID       int64 // of the stay
	Room     string
	RoomHref string
	Bed      int64
	Of       string // code of the contact
	OfHref   string
	Tier     string // key: tier.<Tier>
	Day      int    // of Days of the follow-up
	Days     int
	Due      time.Time
	Status   ui.Status
	Last     LastCheck
	Action   string   // empty where the reader may not
	Symptoms []string // key: symptom.<word>
	Typed    string   // the temperature, where it was refused
	Error    i18n.Msg
	Result   string // key: visit.<Result>, once answered
}

// LastCheck is what the newest check found.
type LastCheck struct {
	At          time.Time // zero: there was none
	Found       string    // key: visit.<Found>
	Temperature float64
	Symptoms    string
	Self        bool
}

// NewLastCheck says a check.
func NewLastCheck(l *i18n.Localizer, k contact.Check) LastCheck {
	return LastCheck{At: k.At, Found: found(k), Temperature: k.Temperature, Symptoms: record.SymptomsSaid(l, k.Symptoms), Self: k.Self}
}

func found(k contact.Check) string {
	switch {
	case !k.Seen:
		return "unreached"
	case k.Symptomatic():
		return "symptoms"
	}
	return "well"
}

func checksOf(q *site.Request, f facility.Facility) bool {
	return keeps(q, f) || q.Sees(auth.FollowUpWrite, f.Area)
}

func (h *Handler) card(q *site.Request, f facility.Facility, d checks.Due) CheckCard {
	c := d.Contact
	x := CheckCard{ID: int64(d.Stay.ID), Room: d.Room.Code, RoomHref: hrefOf(q, f.ID, "rooms", number(d.Room.ID)), Bed: d.Stay.Bed, Of: c.Code, OfHref: hrefOf(q, f.ID, "stays", number(d.Stay.ID)), Tier: string(c.Tier),
		Due: d.Task.Due, Status: record.Status(q, d.Task), Last: NewLastCheck(q.Words(), d.Last), Symptoms: record.SymptomWords()}
	if q.Sees(auth.ContactRead, c.Area) {
		x.OfHref = q.Path("contacts", c.Code)
	}
	if n, ok := day.Between(c.LastExposed, day.In(q.Now, q.Zone)); ok {
		x.Day = max(n, 0)
	}
	if n, ok := day.Between(c.LastExposed, c.EndsOn); ok {
		x.Days = max(n, 0)
	}
	if checksOf(q, f) {
		x.Action = hrefOf(q, f.ID, "checks", number(d.Stay.ID))
	}
	return x
}

// Checks is GET /o/{outbreak}/isolation/{facility}/checks: everybody there whose check can be made now, the late ones first, then by lift and room.
func (h *Handler) Checks(q *site.Request) error { return h.showChecks(q, http.StatusOK, nil) }

func (h *Handler) showChecks(q *site.Request, status int, wrong *CheckCard) error {
	var v ChecksView
	err := q.View(func(r *store.Reader) error {
		f, err := read(q, r, q.PathValue("facility"))
		if err != nil {
			return err
		}
		round, err := checks.AtSite(r, f, q.Now)
		if err != nil {
			return err
		}
		v = ChecksView{Head: headOf(q, f), Due: int64(len(round.Due)), Late: int64(round.Late(q.Now)), People: int64(round.People), Made: int64(round.Made), Next: round.Next, Without: int64(round.Without)}
		for _, d := range round.Due {
			title := i18n.M("isolation.no_corridor")
			switch {
			case d.Task.Late(q.Now):
				title = i18n.M("checks.late")
			case d.Room.Group != "":
				title = i18n.M("checks.lift", "name", d.Room.Group)
			}
			x := h.card(q, f, d)
			if wrong != nil && wrong.ID == x.ID {
				x.Error, x.Typed = wrong.Error, wrong.Typed
			}
			if n := len(v.Groups); n == 0 || q.Words().Msg(v.Groups[n-1].Title) != q.Words().Msg(title) {
				v.Groups = append(v.Groups, CheckGroup{Title: title})
			}
			g := &v.Groups[len(v.Groups)-1]
			g.Cards = append(g.Cards, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.ShowStatus(status, h.checks, "isolation", v)
}

// AnswerCheck is POST /o/{outbreak}/isolation/{facility}/checks/{stay}: what was found. A phone gets the card back, a browser without scripts the page.
func (h *Handler) AnswerCheck(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	var f facility.Facility
	var d checks.Due
	err = q.View(func(r *store.Reader) error {
		if f, err = read(q, r, q.PathValue("facility")); err != nil {
			return err
		}
		s, err := stayIn(r, f, q.PathValue("stay"))
		if err != nil {
			return err
		}
		if s.ContactOf == 0 || s.Companion || s.State != facility.In {
			return &command.Invalid{Field: "stay", Value: q.PathValue("stay"), Reason: "is of nobody who is to be checked there"}
		}
		open, err := checks.Open(r, []contact.ID{s.ContactOf})
		if err != nil {
			return err
		}
		d = open[s.ContactOf]
		if d.Contact.ID == 0 { // answered already: the page says what is left
			if d.Contact, err = r.Contact(s.ContactOf); err != nil {
				return err
			}
			d.Task = task.Task{State: task.Done, Due: q.Now}
		}
		m, err := r.Room(s.Room)
		d.Stay, d.Room = s, m
		return err
	})
	if err != nil {
		return err
	}
	in := command.RecordCheck{Contact: d.Contact.ID, Slot: checks.Slot(q.Pack, d.Contact.Tier, q.Now, q.Zone)}
	answer := form.Get("result")
	switch answer {
	case "well":
		in.Seen = true
	case "symptoms":
		in.Seen, in.Symptoms = true, form["symptom"]
		if len(in.Symptoms) == 0 {
			in.Symptoms = []string{string(contact.Otherwise)}
		}
		for _, s := range in.Symptoms {
			if _, err := contact.ParseSymptom(s); err != nil {
				return &command.Invalid{Field: "symptom", Value: s, Reason: contact.ErrSymptom.Error()}
			}
		}
	case "unreached":
	default:
		return &command.Invalid{Field: "result", Value: answer, Reason: "is well, symptoms or unreached"}
	}
	if in.Seen { // a temperature of nobody is none
		in.Temperature, err = record.Temperature(form.Get("temperature"))
	}
	if err == nil {
		_, err = h.s.Commands.RecordCheck(q.Context(), by(q, f, auth.FollowUpWrite, keeper(f)), in)
	}
	swap := q.Header.Get("HX-Request") == "true"
	x := h.card(q, f, d)
	var bad *command.Invalid
	if errors.As(err, &bad) && bad.Field == "temperature" {
		x.Error, x.Typed = i18n.M("checks.bad_temperature"), form.Get("temperature")
		if !swap {
			return h.showChecks(q, http.StatusUnprocessableEntity, &x)
		}
		return h.fragment(q, http.StatusOK, x) // a card that is refused is swapped in like any other
	}
	if err != nil {
		return err
	}
	if !swap {
		return q.Done(hrefOf(q, f.ID, "checks"), "saved", 1)
	}
	err = q.View(func(r *store.Reader) error {
		list, err := r.Checks(d.Contact.ID)
		if n := len(list); n > 0 {
			x.Last = NewLastCheck(q.Words(), list[n-1])
		}
		return err
	})
	if err != nil {
		return err
	}
	if x.Result = answer; answer != "unreached" {
		x.Result, x.Status = x.Last.Found, ui.Done // a fever that nobody said is a symptom
	}
	return h.fragment(q, http.StatusOK, x)
}

func (h *Handler) fragment(q *site.Request, status int, x CheckCard) error {
	q.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.W.WriteHeader(status)
	return h.checks.Fragment(q.W, "check", q.Frame("isolation"), x)
}

// checksLine says on the page of a facility how many are due now.
func checksLine(q *site.Request, r *store.Reader, f facility.Facility) (i18n.Msg, error) {
	round, err := checks.AtSite(r, f, q.Now)
	if err != nil || round.People == round.Without {
		return i18n.Msg{}, err
	}
	return i18n.M("checks.button", "due", strconv.Itoa(len(round.Due)), "late", strconv.Itoa(round.Late(q.Now))), nil
}
