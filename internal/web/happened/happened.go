// Package happened says facts of the journal in words for those who may read them. Screens import it.
package happened

import (
	"fmt"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// read is how many facts are looked through for those that the reader may see.
const read = 300

// silent are the facts that tell nobody at a screen anything: those about people's own accounts, and steps that another fact tells.
func silent(k journal.Kind) bool {
	switch k {
	case journal.NameRead, journal.NameSealed, journal.KeyRotated, journal.AccessRefused, journal.UserAdded, journal.UserChanged, journal.UserLogin, journal.UserLogout,
		journal.TokenIssued, journal.TokenEnded, journal.Exported, journal.BackedUp, journal.DrillBegun, journal.DrillOpened, journal.DrillPaused, journal.DrillResumed, journal.DrillSped, journal.DrillStepped, journal.DrillHeld, journal.DrillOver, journal.DrillScored, journal.ForecastMade, journal.LinkAdded, journal.LinkRemoved, journal.ImportFinished,
		journal.RoundStanding, journal.SiteChanged, journal.DeviceInvited, journal.DeviceEnrolled, journal.DeviceRevoked, journal.AsideSettled, journal.UnknownFound, journal.UnknownSettled, journal.TubesRegistered,
		journal.BoxPacked, journal.BoxMoved, journal.TubesReceived, journal.TubesResulted, journal.LaboratoryChanged,
		journal.FacilityChanged, journal.DeficiencyFound, journal.DeficiencyEnded, journal.RosterPlanned, journal.ShiftCancelled, journal.RoomsAdded, journal.RoomChanged, journal.StayBooked, journal.StayDropped, journal.StayMoved, journal.StayAsCase, journal.StayAsContact, journal.StayWithSibling, journal.WayHomeSaid,
		journal.TransferAsked, journal.TransferChanged, journal.TransferCancelled, journal.TransferAccompanied, journal.TripStarted, journal.TripEnded, journal.VehiclesAdded, journal.VehicleChanged,
		journal.RestrictionMade, journal.RestrictionChanged, journal.RestrictionEnded, journal.RestrictionTold, journal.RestrictionReviewed, journal.RestrictionProposed, journal.RestrictionWithdrawn,
		journal.NeedAsked, journal.NeedMet,
		journal.PhoneInvited, journal.PhoneEnrolled, journal.PhoneRevoked, journal.PhoneRefused,
		journal.ImportUploaded, journal.ImportStopped, journal.ImportFileDeleted, journal.ColumnMapSaved, journal.ColumnMapDeleted:
		return true
	default: // the course of the outbreak: shown
	}
	return false
}

// Latest says the newest facts of the outbreak that lie where the reader may see counts, newest first. Codes and links are there only where the
// reader may read the record itself.
func Latest(q *site.Request, r *store.Reader, limit int) ([]ui.Event, error) {
	entries, err := r.LatestEntries(int64(q.Outbreak.ID), read)
	if err != nil {
		return nil, err
	}
	var out []ui.Event
	for _, e := range entries {
		if len(out) == limit {
			break
		}
		if silent(e.Kind) || !q.Sees(auth.RollupRead, e.Area) || q.Area.ID != 0 && !q.Tree.Contains(q.Area.ID, e.Area) {
			continue
		}
		event, err := Say(q, r, e)
		if err != nil {
			return nil, err
		}
		out = append(out, event)
	}
	return out, nil
}

// Say puts one fact in words.
func Say(q *site.Request, r *store.Reader, e journal.Entry) (ui.Event, error) {
	about, href, err := Subject(q, r, e.Subject)
	if err != nil {
		return ui.Event{}, err
	}
	out := ui.Event{At: e.RecordedAt, Kind: string(e.Kind), Text: i18n.M("happened."+string(e.Kind), "who", about, "area", q.AreaName(q.Told(e.Area))), Href: href}
	if e.Rule == "" && href != "" {
		out.Who = Who(q, e.Actor)
	}
	return out, nil
}

// Who names who gave a fact: a person by their login; the rulebook, the clock, an import and the offices of a drill in the reader's words.
func Who(q *site.Request, actor string) string {
	if _, ok := strings.CutPrefix(actor, "rule:"); ok {
		return q.Words().T("who.rule")
	}
	if login, ok := strings.CutPrefix(actor, "import:"); ok {
		return q.Words().T("who.import", "who", login)
	}
	for _, kind := range []string{"device:", "phone:"} {
		if id, ok := strings.CutPrefix(actor, kind); ok {
			return q.Words().T("who.device", "n", id)
		}
	}
	if office, ok := strings.CutPrefix(actor, "office."); ok && q.Site.DB.Drill() { // elsewhere it is somebody's login
		return q.Words().Enum("who.office", office)
	}
	if actor == contact.AutoAccepter || actor == transfer.AutoPlanner {
		return q.Words().T("who.auto_accept")
	}
	if actor == "clock" {
		return q.Words().T("who.clock")
	}
	return actor
}

// PersonCodes returns how to write the code that a person carries: what people are called where their name is not to be read. Without a vault it is their number.
func PersonCodes(q *site.Request, r *store.Reader) (func(person.ID) string, error) {
	ids := q.Site.Commands.Identities()
	if ids == nil {
		return func(id person.ID) string { return "#" + strconv.FormatInt(int64(id), 10) }, nil
	}
	v, err := ids.Vault(r)
	if err != nil {
		return nil, err
	}
	return v.PersonCode, nil
}

// Subject names what a fact or a task is about, and where its page is: its code if the reader may read the record, else only what it is.
func Subject(q *site.Request, r *store.Reader, s task.Subject) (about any, href string, err error) {
	switch s.Kind {
	case task.OnCase:
		c, err := r.Case(cases.ID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name case %d: %w", s.ID, err)
		}
		if q.Sees(auth.CaseRead, c.Area) {
			return c.Code, q.Path("cases", c.Code), nil
		}
	case task.OnContact:
		c, err := r.Contact(contact.ID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name contact %d: %w", s.ID, err)
		}
		if q.Sees(auth.ContactRead, c.Area) {
			return c.Code, q.Path("contacts", c.Code), nil
		}
	case task.OnZone:
		return "Z" + strconv.FormatInt(s.ID, 10), q.Path("zones", strconv.FormatInt(s.ID, 10)), nil
	case task.OnCluster:
		k, err := r.Cluster(cluster.ID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name cluster %d: %w", s.ID, err)
		}
		if q.Sees(auth.CaseRead, k.Area) {
			return k.Code, q.Path("clusters", k.Code), nil
		}
	case store.OnRound:
		round, err := r.Round(screening.RoundID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name round %d: %w", s.ID, err)
		}
		if q.Sees(auth.ScreeningRead, round.Area) {
			return round.Number, q.Path("rounds", strconv.FormatInt(round.Number, 10)), nil
		}
	case task.OnAssistance:
		a, err := r.Assistance(contact.AssistanceID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name request for assistance %d: %w", s.ID, err)
		}
		if q.Sees(auth.ContactRead, a.Area) || q.Sees(auth.ContactRead, a.From) {
			return a.ID.Code(), q.Path("assistance", strconv.FormatInt(s.ID, 10)), nil
		}
	case task.OnIncident:
		x, err := r.Incident(facility.IncidentID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name incident %d: %w", s.ID, err)
		}
		if q.Sees(auth.IsolationRead, x.Area) {
			f, err := r.Facility(x.Facility)
			return f.Code, q.Path("isolation", strconv.FormatInt(int64(f.ID), 10), "incidents"), err
		}
	case task.OnDeficiency:
		d, err := r.Deficiency(facility.DeficiencyID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name deficiency %d: %w", s.ID, err)
		}
		if q.Sees(auth.IsolationRead, d.Area) {
			f, err := r.Facility(d.Facility)
			return f.Code, q.Path("isolation", strconv.FormatInt(int64(f.ID), 10), "inspections"), err
		}
	case task.OnTransfer:
		x, err := r.Request(transfer.RequestID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name transfer %d: %w", s.ID, err)
		}
		if q.Sees(auth.TransferRead, x.Area) {
			return i18n.M("transfer.party_n", "n", int64(x.Party)), q.Path("transfers", strconv.FormatInt(s.ID, 10)), nil
		}
	case task.OnPerson:
		p, err := r.Person(person.ID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name person %d: %w", s.ID, err)
		}
		if !q.Sees(auth.SampleRead, p.Area) {
			break
		}
		code, err := PersonCodes(q, r)
		if err != nil {
			return nil, "", err
		}
		return code(p.ID), q.Path("positives"), nil
	case task.OnTube:
		list, err := r.TubesByID([]screening.TubeID{screening.TubeID(s.ID)})
		if err != nil {
			return nil, "", fmt.Errorf("name tube %d: %w", s.ID, err)
		}
		t, ok := list[screening.TubeID(s.ID)]
		if !ok {
			break
		}
		at, err := r.Site(t.Site)
		if err != nil {
			return nil, "", fmt.Errorf("name tube %q: %w", t.Code, err)
		}
		if q.Sees(auth.SampleRead, at.Area) {
			return t.Code, q.Path("positives"), nil
		}
	case task.OnLab:
		l, err := r.Laboratory(lab.LaboratoryID(s.ID))
		if err != nil {
			return nil, "", fmt.Errorf("name laboratory %d: %w", s.ID, err)
		}
		if q.Sees(auth.SampleRead, l.Area) {
			return l.Code, q.Path("laboratories", strconv.FormatInt(int64(l.ID), 10)), nil
		}
	default: // outbreaks and specimens are not named
	}
	return i18n.M("happened.some." + string(s.Kind)), "", nil
}
