package capture

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// projectBatches is how many batches are projected in one change: some thousands of samples, so that others' orders wait only briefly. When more wait than that, up to
// four times as many, which cost less each.
const projectBatches = 100

// Project writes the tubes of some batches that wait, and returns how many batches it took.
func (s *Service) Project(ctx context.Context) (int, error) { return s.project(ctx, projectBatches) }

func (s *Service) project(ctx context.Context, most int) (int, error) {
	return s.intake.Project(ctx, most, func(tx *store.Tx, list []store.Arrival) error {
		p := projection{s: s, tx: tx, codes: map[outbreak.ID][]string{}}
		for _, a := range list {
			if err := p.read(a); err != nil {
				return err
			}
		}
		return p.write()
	})
}

// projection is a part of the intake on its way into the tables.
type projection struct {
	s     *Service
	tx    *store.Tx
	list  []arrived
	codes map[outbreak.ID][]string
	ask   []*screening.Member // those who are named by a document
}

// arrived is a batch as it is read again.
type arrived struct {
	store.Arrival
	batch *screening.Batch // nil for one that cannot be read
	body  []byte
	site  screening.Site
	aside map[int]screening.Reason // tubes that the device was told are not taken
}

func (p *projection) read(a store.Arrival) error {
	x := arrived{Arrival: a, aside: map[int]screening.Reason{}}
	var told Answer
	body, err := p.s.key.Open(sealedName(a.Device, a.Seq), a.Sealed)
	if err == nil {
		x.batch, err = screening.ReadBatch(body, p.s.codes)
	}
	if err == nil {
		err = json.Unmarshal([]byte(a.Answer), &told)
	}
	if err != nil {
		// It was answered, so it must not vanish, and it must not stop those behind it.
		p.s.log.Error("a batch cannot be read and is set aside", "device", a.Device, "seq", a.Seq, "error", err)
		x.batch = nil
		p.list = append(p.list, x)
		return nil
	}
	x.body = body
	for _, t := range told.Refused {
		x.aside[t.Index] = t.Reason
	}
	if x.site, err = p.s.known.siteIn(&p.tx.Reader, x.batch.Site); err != nil {
		return err
	}
	for i := range x.batch.Tubes {
		t := &x.batch.Tubes[i]
		p.codes[a.Outbreak] = append(p.codes[a.Outbreak], t.Code)
		if _, ok := x.aside[i]; ok {
			continue
		}
		for j := range t.Members {
			if t.Members[j].Person == 0 {
				p.ask = append(p.ask, &t.Members[j])
			}
		}
	}
	p.list = append(p.list, x)
	return nil
}

func (p *projection) write() error {
	if err := p.identify(); err != nil {
		return err
	}
	used := map[outbreakCode]bool{}
	for o, codes := range p.codes {
		found, err := p.tx.TubeCodes(o, codes)
		if err != nil {
			return err
		}
		for c := range found {
			used[outbreakCode{o, c}] = true
		}
	}
	var tubes []store.Tube
	var aside []store.AsideTube
	arrivals := make([]store.Arrival, len(p.list))
	facts := make([]journal.Entry, len(p.list))
	ends := make([]int, len(p.list)) // of each batch's tubes
	for i := range p.list {
		x := &p.list[i]
		arrivals[i] = x.Arrival
		first, firstAside := len(tubes), len(aside)
		if x.batch == nil {
			aside = append(aside, store.AsideTube{Outbreak: x.Outbreak, Device: x.Device, Seq: x.Seq, Reason: screening.BadForm, Sealed: x.Sealed, AsideAt: x.ReceivedAt})
		} else if err := p.sort(x, used, &tubes, &aside); err != nil {
			return err
		}
		var err error
		if facts[i], err = fact(x, tubes[first:], aside[firstAside:]); err != nil {
			return err
		}
		ends[i] = len(tubes)
	}
	seq, err := p.tx.AppendAll(facts)
	if err != nil {
		return err
	}
	for i, j := 0, 0; i < len(ends); i++ {
		for ; j < ends[i]; j++ {
			tubes[j].Changed = seq + int64(i)
		}
	}
	if err := p.tx.PlaceAwaited(tubes); err != nil {
		return err
	}
	if err := p.tx.AddTubes(tubes); err != nil {
		return err
	}
	if err := p.tx.AddAside(aside); err != nil {
		return err
	}
	return p.tx.KeepBatches(arrivals, seq)
}

// sort adds the tubes of a batch to those that are taken or to those that are set aside.
func (p *projection) sort(x *arrived, used map[outbreakCode]bool, tubes *[]store.Tube, aside *[]store.AsideTube) error {
	b := x.batch
	for i := range b.Tubes {
		t := &b.Tubes[i]
		code := outbreakCode{x.Outbreak, t.Code}
		why, refused := x.aside[i]
		if !refused && used[code] {
			why, refused = screening.TubeUsed, true
		}
		if refused {
			a := store.AsideTube{Outbreak: x.Outbreak, Round: b.Round, Site: b.Site, District: x.site.District, Device: x.Device, Seq: x.Seq, Place: i, Code: t.Code, Reason: why,
				People: len(t.Members), AsideAt: x.ReceivedAt}
			var err error
			if a.Sealed, err = p.s.key.Seal(a.SealedName(), x.body); err != nil {
				return err
			}
			*aside = append(*aside, a)
			continue
		}
		used[code] = true
		members := make([]screening.Sampled, len(t.Members))
		for j := range t.Members {
			members[j] = screening.Sampled{Person: t.Members[j].Person, At: t.Members[j].At}
		}
		*tubes = append(*tubes, store.Tube{Outbreak: x.Outbreak, Round: b.Round, Site: b.Site, District: x.site.District, Device: x.Device, Seq: x.Seq, Code: t.Code, Kind: t.Kind,
			People: len(members), Members: screening.PackMembers(members, t.ClosedAt), ClosedAt: t.ClosedAt, ReceivedAt: x.ReceivedAt})
	}
	return nil
}

// fact is the one journal entry for a batch: floods enter it with a count and a digest.
func fact(x *arrived, tubes []store.Tube, aside []store.AsideTube) (journal.Entry, error) {
	samples := 0
	for i := range tubes {
		samples += tubes[i].People
	}
	payload, err := json.Marshal(struct {
		Device  screening.DeviceID `json:"device"`
		Seq     int64              `json:"seq"`
		Site    screening.SiteID   `json:"site,omitempty"`
		Tubes   int                `json:"tubes"`
		Samples int                `json:"samples"`
		Aside   int                `json:"aside,omitempty"`
		Digest  string             `json:"sha256"`
	}{x.Device, x.Seq, x.site.ID, len(tubes), samples, len(aside), hex.EncodeToString(x.Digest[:])})
	if err != nil {
		return journal.Entry{}, err
	}
	e := journal.Entry{Kind: journal.TubesRegistered, Outbreak: x.Outbreak, Area: x.site.Area, At: x.ReceivedAt, Actor: "device:" + strconv.FormatInt(int64(x.Device), 10), Payload: payload}
	if x.batch != nil {
		e.Subject = task.Subject{Kind: store.OnRound, ID: int64(x.batch.Round)}
	}
	return e, nil
}

// identify finds the people who were taken by document, and enters those whom the register does not know: with name and document only, to be joined later.
func (p *projection) identify() error {
	if len(p.ask) == 0 {
		return nil
	}
	documents := make([]vault.Secret, len(p.ask))
	for i, m := range p.ask {
		documents[i] = vault.NewSecret(m.Document)
	}
	found, err := p.s.ids.FindMany(&p.tx.Reader, vault.FieldDocument, documents)
	if err != nil {
		return err
	}
	fresh := map[string]int{} // document as it is looked up -> place in people
	var people []person.Person
	var who [][]*screening.Member
	for i, m := range p.ask {
		if len(found[i]) > 0 {
			m.Person = found[i][0] // several people with one document are one until somebody tells them apart
			continue
		}
		normal := vault.Normalise(vault.FieldDocument, m.Document)
		n, again := fresh[normal]
		if !again || normal == "" {
			n = len(people)
			fresh[normal] = n
			people, who = append(people, person.Person{Age: person.AgeUnknown}), append(who, nil)
		}
		who[n] = append(who[n], m)
	}
	if err := p.tx.AddPeople(people); err != nil {
		return err
	}
	values := make([]store.IdentityValue, 0, 2*len(people))
	for i := range people {
		for _, m := range who[i] {
			m.Person = people[i].ID
		}
		values = append(values, store.IdentityValue{Person: people[i].ID, Field: vault.FieldDocument, Value: vault.NewSecret(who[i][0].Document)},
			store.IdentityValue{Person: people[i].ID, Field: vault.FieldName, Value: vault.NewSecret(who[i][0].Name)})
	}
	if err := p.s.ids.Add(p.tx, "capture", values); err != nil {
		return fmt.Errorf("enter people from the desk: %w", err)
	}
	return nil
}
