package command

import (
	"context"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/trace"
)

// PreviewTrace asks how many people an order about a case would touch, before it is given: its contacts by tier and by how long they must have been together, and the contacts of those. It
// opens no name.
type PreviewTrace struct {
	Outbreak string // empty where only one outbreak has a case of that code
	Case     string // code
	From, To time.Time
	// AtLeast is the time together by which the first ring is cut; 0 takes the pack's times.
	AtLeast time.Duration
}

// Previewed is the answer. Nobody is anything by it.
type Previewed struct {
	Outbreak string    `json:"outbreak"`
	Case     string    `json:"case"`
	Pack     string    `json:"pack"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Visits   int       `json:"visits"`
	Complete bool      `json:"complete"` // false while DaysLeft of visits are still to be read
	DaysLeft int       `json:"days_left,omitempty"`
	// Overlaps says what comes of each time together: of the pack's times first.
	Overlaps []PreviewOverlap `json:"overlaps"`
	// Cuts says what comes of following only the nearest close contacts.
	Cuts []PreviewCut `json:"cuts"`
	// Doses says how many of the second ring were exposed to so much.
	Doses    []PreviewDose   `json:"doses"`
	Capacity PreviewCapacity `json:"capacity"`
}

// PreviewOverlap is the rings where so many minutes together make a contact.
type PreviewOverlap struct {
	Minutes   float64 `json:"minutes"` // 0: the pack's times
	Close     int     `json:"close"`
	General   int     `json:"general"`
	Known     int     `json:"known"`     // of those, who are cases, or contacts who are followed, already
	Secondary int     `json:"secondary"` // who were with one of the close
}

// PreviewCut is the rings where no more than the nearest close contacts are followed.
type PreviewCut struct {
	Close     int `json:"close"`
	Secondary int `json:"secondary"`
	// Rooms says that the cut is what the free rooms take.
	Rooms bool `json:"rooms,omitempty"`
}

// PreviewDose is how many of the second ring have a dose of so many hours or more.
type PreviewDose struct {
	Hours  float64 `json:"hours"`
	People int     `json:"people"`
}

// PreviewCapacity is what there is to follow them with, in the outbreak.
type PreviewCapacity struct {
	// Rooms of quarantine sites that are ready and free, Beds in them. Asked says that the pack has close contacts brought to one.
	Rooms int64 `json:"rooms"`
	Beds  int64 `json:"beds"`
	Asked bool  `json:"asked"`
	// Investigators are those whose account lets them list contacts of the case's area as an epidemiologist does.
	Investigators int `json:"investigators"`
}

// overlaps are the times together that a preview compares with the pack's, and cuts the sizes of a first ring: enough to see how steeply the rings grow.
var (
	previewOverlaps = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}
	previewCuts     = []int{5, 10, 25, 50, 100, 250, 500, 1000}
	previewDoses    = []float64{0.25, 1, 4, 12, 24}
)

// PreviewTrace carries out the order.
func (c *Commands) PreviewTrace(ctx context.Context, by By, in PreviewTrace) (out Previewed, err error) {
	if c.identities == nil {
		return out, &Invalid{Field: "case", Reason: "visits cannot be read: no vault is open"}
	}
	t := tracing{in: TraceCase{Outbreak: in.Outbreak, Case: in.Case, From: in.From, To: in.To, AtLeast: in.AtLeast, Secondary: true}}
	now := c.db.Now()
	if err := c.db.View(ctx, func(r *store.Reader) error {
		if err := c.beginTrace(r, by, &t, now); err != nil {
			return err
		}
		out, err = t.preview(r, now)
		return err
	}); err != nil {
		return Previewed{}, c.refused(ctx, by, t.o, onCase(t.k.ID), t.k.Area, err)
	}
	// On record before anybody sees it, though it names nobody: it is a question about visits.
	err = c.inID(ctx, by, t.o.ID, func(u *unit) error {
		first := out.Overlaps[0]
		_, err := u.fact(journal.CaseTraced, onCase(t.k.ID), t.k.Area, u.now, map[string]any{
			"code": t.k.Code, "preview": true, "from": t.window.From.Time(), "to": t.window.To.Time(), "at_least_s": int(in.AtLeast.Seconds()), "visits": out.Visits, "complete": t.whole,
			"contacts": first.Close + first.General, "secondary": first.Secondary, "names": 0, "purpose": string(by.Purpose),
		})
		return err
	})
	if err != nil {
		return Previewed{}, err
	}
	return out, nil
}

func (t *tracing) preview(r *store.Reader, now time.Time) (out Previewed, err error) {
	isolated, err := keptApart(r, t.city, t.o.ID)
	if err != nil {
		return out, err
	}
	if out.Capacity, err = capacityOf(r, t.o, t.k, t.pack, now); err != nil {
		return out, err
	}
	at := func(i trace.Instant) time.Time { return i.Time().In(t.loc) }
	out.Outbreak, out.Case, out.Pack, out.From, out.To, out.Visits, out.Complete, out.DaysLeft = t.o.Name, t.k.Code, t.o.Pack, at(t.window.From), at(t.window.To), t.city.Visits(), t.whole, t.city.Left
	until, known := trace.At(now), []trace.Person{t.self}
	var rings []*trace.Contacts
	for _, least := range slices.Concat([]time.Duration{t.in.AtLeast}, previewOverlaps) {
		if len(out.Overlaps) > 0 && least == t.in.AtLeast {
			continue
		}
		rules := t.rules
		if least != t.in.AtLeast {
			if rules, err = rulesOf(t.pack, least); err != nil {
				return out, err
			}
		}
		// The second ring stays by the pack's time: what differs is whom an order touches first.
		first := t.city.Contacts(rules, t.asked())
		x := PreviewOverlap{Minutes: least.Minutes()}
		for i := range first.List {
			if first.Tier(i) == contact.Close {
				x.Close++
			} else {
				x.General++
			}
		}
		x.Secondary = len(t.city.Secondaries(t.rules, first.Sources(x.Close, isolated), known, until))
		out.Overlaps, rings = append(out.Overlaps, x), append(rings, first)
	}
	t.first = rings[0]
	if err := t.countKnown(r, rings, out.Overlaps); err != nil {
		return out, err
	}
	t.cuts(&out, isolated, until)
	ranked, _ := t.city.Ranked(t.rules, t.first.Sources(out.Overlaps[0].Close, isolated), known, until, -1)
	for _, hours := range previewDoses {
		n, _ := slices.BinarySearchFunc(ranked, float32(hours), func(x trace.Ranked, hours float32) int {
			if x.Dose >= hours { // the highest dose comes first
				return -1
			}
			return 1
		})
		out.Doses = append(out.Doses, PreviewDose{hours, n})
	}
	return out, nil
}

// cuts asks what following fewer would touch.
func (t *tracing) cuts(out *Previewed, isolated map[trace.Person]trace.Instant, until trace.Instant) {
	near := out.Overlaps[0].Close
	sizes := slices.DeleteFunc(slices.Clone(previewCuts), func(n int) bool { return n >= near })
	rooms := int(min(out.Capacity.Rooms, 1<<30))
	fits := out.Capacity.Asked && rooms < near
	if fits && !slices.Contains(sizes, rooms) {
		sizes = append(sizes, rooms)
	}
	sizes = append(sizes, near)
	slices.Sort(sizes)
	batch := t.city.Batch(t.rules, []trace.Case{t.asked()})
	for i, x := range t.city.Preview(batch, isolated, until, sizes) {
		out.Cuts = append(out.Cuts, PreviewCut{x.Contacts, x.Secondary, fits && sizes[i] == rooms})
	}
}

// countKnown says how many of each first ring are cases, or contacts under follow-up, already.
func (t *tracing) countKnown(r *store.Reader, rings []*trace.Contacts, out []PreviewOverlap) error {
	var people []person.ID
	for _, ring := range rings {
		for _, x := range ring.List {
			if p := t.city.Person(x.Person); p != 0 {
				people = append(people, p)
			}
		}
	}
	slices.Sort(people)
	people = slices.Compact(people)
	contacts, err := r.ContactsOfPeople(people, t.o.ID)
	if err != nil {
		return err
	}
	found, err := r.CasesOfPeople(people, t.o.ID)
	if err != nil {
		return err
	}
	for i, ring := range rings {
		for _, x := range ring.List {
			p := t.city.Person(x.Person)
			if p != 0 && (len(found[p]) > 0 || slices.ContainsFunc(contacts[p], func(c contact.Contact) bool { return !c.State.Over() })) {
				out[i].Known++
			}
		}
	}
	return nil
}

// capacityOf counts what there is to follow contacts of a case with.
func capacityOf(r *store.Reader, o outbreak.Outbreak, k cases.Case, p *protocol.Pack, now time.Time) (out PreviewCapacity, err error) {
	out.Asked = p.Tier(contact.Close).Control.Value == protocol.Site
	list, err := r.Facilities(o.ID, store.Everywhere())
	if err != nil {
		return out, err
	}
	var ids []facility.ID
	for _, f := range list {
		if f.Kind == facility.QuarantineSite && f.State == facility.Open {
			ids = append(ids, f.ID)
		}
	}
	rooms, err := r.RoomsOf(ids)
	if err != nil {
		return out, err
	}
	stays, err := r.StaysIn(ids)
	if err != nil {
		return out, err
	}
	for _, id := range ids {
		n := facility.Count(rooms[id], stays[id])
		out.Rooms += n.FreeRooms
		out.Beds += n.FreeBeds
	}
	out.Investigators, err = investigators(r, o, k, now)
	return out, err
}

// investigators counts the accounts that may list contacts where the case lives, as an epidemiologist does.
func investigators(r *store.Reader, o outbreak.Outbreak, k cases.Case, now time.Time) (n int, err error) {
	tree, err := r.Tree()
	if err != nil {
		return 0, err
	}
	area := k.Area
	if area == 0 {
		area = o.Area
	}
	var path []place.AreaID
	for _, j := range tree.Path(area) {
		path = append(path, j.ID)
	}
	// Those above the district whose rights reach down to it, and those of the district.
	all := slices.Clone(path)
	for _, j := range tree.Subtree(tree.District(area)) {
		if !slices.Contains(path, j.ID) {
			all = append(all, j.ID)
		}
	}
	const page = 1_000
	for after := auth.UserID(0); ; {
		list, err := r.Users(all, after, page)
		if err != nil {
			return 0, fmt.Errorf("count investigators: %w", err)
		}
		for _, u := range list {
			after = u.ID
			if !u.Disabled && slices.ContainsFunc(u.InForce(), func(g auth.Grant) bool {
				return g.Role == auth.RoleEpidemiologist && slices.Contains(path, g.Area) && (g.Until.IsZero() || now.Before(g.Until))
			}) {
				n++
			}
		}
		if len(list) < page {
			return n, nil
		}
	}
}
