package command

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// ImportPeople takes the rows of a population register: who lives where. Somebody is known again by their document; a row that says nothing new changes nothing, a row that
// names another community moves them, which gives them another number there.
//
// A row adds to what is known and takes nothing away: an empty cell leaves what was there. Groups are added; -teacher takes somebody out of the group teacher.
type ImportPeople struct {
	Outbreak string
	Source   *exchange.Source
	DryRun   bool
	Area     place.AreaID // bounds the import: rows of people elsewhere are rejected. 0 is the outbreak's own area

	Problem  func(exchange.Problem) error // gets every rejected row and every warning; may be nil
	Progress func(RegisterResult)         // told after each chunk; may be nil
}

// RegisterResult says what became of a register's rows: Rows = Created + Moved + Updated + Unchanged + Rejected.
type RegisterResult struct {
	File      string   `json:"file"`
	Rows      int      `json:"rows"`
	Created   int      `json:"created"`
	Moved     int      `json:"moved"`   // to another community
	Updated   int      `json:"updated"` // where they lived before
	Unchanged int      `json:"unchanged"`
	Rejected  int      `json:"rejected"`
	Warnings  int      `json:"warnings"`
	Buildings int      `json:"buildings"` // entered with them
	Unused    []string `json:"unused_columns,omitempty"`
}

// registerChunk is how many people are one change: a tenth of a second at most, so that devices that send meanwhile wait no longer than that.
const registerChunk = 1000

// register is one file under way.
type register struct {
	c     *Commands
	by    By
	in    ImportPeople
	out   RegisterResult
	built map[builtAt]place.BuildingID // that are on the disk
	words map[string]screening.Group
}

type builtAt struct {
	area place.AreaID
	name string
}

// ImportPeople carries out the order, chunk by chunk, each one change with one fact that counts it. Interrupted, it is begun again: what is in changes nothing the second time.
func (c *Commands) ImportPeople(ctx context.Context, by By, in ImportPeople) (RegisterResult, error) {
	if c.identities == nil {
		return RegisterResult{}, &Invalid{Field: "file", Reason: "a register cannot be kept: no vault is open"}
	}
	g := &register{c: c, by: by, in: in, out: RegisterResult{File: in.Source.Name()}, built: map[builtAt]place.BuildingID{}}
	chunks := make(chan []exchange.PersonRow, 1)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var tally exchange.PeopleTally
	var failed error
	go func() { // one chunk ahead of what is being written
		defer close(chunks)
		var chunk []exchange.PersonRow
		send := func() error {
			select {
			case chunks <- chunk:
				chunk = make([]exchange.PersonRow, 0, registerChunk)
				return nil
			case <-reading.Done():
				return reading.Err()
			}
		}
		tally, failed = exchange.ScanPeople(reading, in.Source, func(p exchange.PersonRow) error {
			if chunk = append(chunk, p); len(chunk) < registerChunk {
				return nil
			}
			return send()
		})
		if failed == nil && len(chunk) > 0 {
			failed = send()
		}
	}()
	var err error
	for chunk := range chunks {
		if err == nil {
			if err = g.put(ctx, chunk); err != nil {
				stop()
			}
		}
	}
	if err == nil {
		err = failed
	}
	if err != nil {
		return g.out, fmt.Errorf("register %s: %w", g.out.File, err)
	}
	g.out.Unused = tally.Unused
	for _, p := range tally.Problems {
		g.out.Warnings++
		if err := g.tell(p); err != nil {
			return g.out, err
		}
	}
	return g.out, g.reconcile(tally)
}

// reconcile is the last word: what was read is what was accounted for, by two counts that know nothing of each other.
func (g *register) reconcile(t exchange.PeopleTally) error {
	o := g.out
	if sum := o.Created + o.Moved + o.Updated + o.Unchanged + o.Rejected; o.Rows != t.Rows || sum != o.Rows {
		return fmt.Errorf("register %s: %d rows read, but %d created + %d moved + %d updated + %d unchanged + %d rejected = %d: %w", o.File, t.Rows, o.Created, o.Moved, o.Updated, o.Unchanged,
			o.Rejected, sum, ErrUnaccounted)
	}
	if t.Truncated {
		return fmt.Errorf("register %s: the file looks cut off after %d rows; what it holds was taken in, the rest is missing: %w", o.File, t.Rows, ErrUnaccounted)
	}
	return nil
}

func (g *register) tell(p exchange.Problem) error {
	if g.in.Problem == nil {
		return nil
	}
	return g.in.Problem(p)
}

func (g *register) put(ctx context.Context, rows []exchange.PersonRow) error {
	before := g.out
	said := make([]int, len(rows)) // what the reading said, without what this will say
	for i := range rows {
		said[i] = len(rows[i].Problems)
	}
	var fresh map[builtAt]place.BuildingID
	err := g.c.in(ctx, g.by, g.in.Outbreak, func(u *unit) error {
		g.out = before // a change may be run again
		for i := range rows {
			rows[i].Problems = rows[i].Problems[:said[i]]
		}
		k := &registering{register: g, unit: u, rows: rows, fresh: map[builtAt]place.BuildingID{}}
		if err := k.run(); err != nil {
			return err
		}
		fresh = k.fresh
		if g.in.DryRun {
			return errDryRun
		}
		return nil
	})
	switch {
	case g.in.DryRun && errors.Is(err, errDryRun):
		fresh = nil // they are not there
	case err != nil:
		g.out = before
		return err
	}
	for at, id := range fresh {
		g.built[at] = id
	}
	for i := range rows {
		for _, p := range rows[i].Problems {
			if err := g.tell(p); err != nil {
				return err
			}
		}
	}
	if g.in.Progress != nil {
		g.in.Progress(g.out)
	}
	return nil
}

// registering is one chunk in its change.
type registering struct {
	*register
	*unit
	rows  []exchange.PersonRow
	fresh map[builtAt]place.BuildingID

	at     []place.Jurisdiction // of each row
	groups [][]groupWord
	digest []int64
	known  []person.ID
	people map[person.ID]person.Person

	created, changed []person.Person
	createdBy        []int // row of each
	changedBy        []int
	moved            []person.ID
}

// groupWord is one group that a row names.
type groupWord struct {
	group screening.Group
	out   bool
}

func (k *registering) reject(i int, column, value, reason string) {
	r := &k.rows[i]
	r.Rejected = true
	r.Problems = append(r.Problems, exchange.Problem{Row: r.Row, Column: column, Value: value, Reason: reason, Severity: exchange.Reject})
}

// run takes the chunk in: areas, groups, who is known; then people, buildings, what is sealed, groups, and the fact.
func (k *registering) run() error {
	top := k.in.Area
	if top == 0 {
		top = k.o.Area
	}
	if top != k.o.Area && k.o.Area != 0 && !k.tree.Contains(k.o.Area, top) {
		j, _ := k.tree.Get(top)
		return &Invalid{Field: "area", Value: j.Code, Reason: "is not in the outbreak's area"}
	}
	if err := k.unit.by.may(&k.tx.Reader, k.o, auth.Import, top, k.now); err != nil {
		return err
	}
	v, err := k.identities.Vault(&k.tx.Reader)
	if err != nil {
		return err
	}
	for i := range k.rows { // what an earlier run of this change rejected is judged anew
		k.rows[i].Rejected = slices.ContainsFunc(k.rows[i].Problems, func(p exchange.Problem) bool { return p.Severity == exchange.Reject })
	}
	k.at, k.groups, k.digest = make([]place.Jurisdiction, len(k.rows)), make([][]groupWord, len(k.rows)), make([]int64, len(k.rows))
	for i := range k.rows {
		if !k.rows[i].Rejected {
			k.place(i, top)
			k.readGroups(i)
			k.digest[i] = v.Digest(k.says(i))
		}
	}
	if err := k.find(top); err != nil {
		return err
	}
	if err := k.sort(v); err != nil {
		return err
	}
	return k.write()
}

// place finds the community of a row.
func (k *registering) place(i int, top place.AreaID) {
	code := k.rows[i].Area
	j, ok := k.tree.ByCode(code)
	if !ok {
		var named []place.AreaID
		for _, a := range k.tree.ByName(code) {
			if top == 0 || k.tree.Contains(top, a) {
				named = append(named, a)
			}
		}
		if len(named) > 1 {
			k.reject(i, "community", code, fmt.Sprintf("%d jurisdictions have this name: give the code", len(named)))
			return
		}
		if len(named) == 1 {
			j, ok = k.tree.Get(named[0])
		}
	}
	switch {
	case !ok:
		k.reject(i, "community", code, "is not the code or the name of a known jurisdiction")
	case top != 0 && !k.tree.Contains(top, j.ID):
		k.reject(i, "community", code, "lies outside the area of this import")
	default:
		k.at[i] = j
	}
}

// groupWords are words of registers for groups that the packs have.
var groupWords = map[string]screening.Group{
	"teacher": "teacher", "teachers": "teacher", "教师": "teacher", "老师": "teacher", "教职工": "teacher", "教职员工": "teacher",
	"pupil": "pupil", "student": "pupil", "学生": "pupil", "port worker": "port-worker", "口岸": "port-worker", "港口": "port-worker", "口岸从业人员": "port-worker", "港口从业人员": "port-worker",
	"cold chain": "cold-chain", "冷链": "cold-chain", "冷链从业人员": "cold-chain", "快递": "crowd-worker", "外卖": "crowd-worker", "快递外卖": "crowd-worker", "商超": "crowd-worker", "酒店": "crowd-worker",
	"养老机构": "care-home-staff", "养老院工作人员": "care-home-staff", "隔离点工作人员": "isolation-staff", "隔离点": "isolation-site", "发热门诊": "fever-clinic-staff", "发热门诊医务人员": "fever-clinic-staff",
	"重点人员": "key", "重点人群": "key",
}

func (k *registering) groupOf(word string) (screening.Group, bool) {
	if k.words == nil {
		k.words = map[string]screening.Group{}
		for w, g := range groupWords {
			k.words[w] = g
		}
		for _, g := range k.pack.Screening.Groups {
			k.words[strings.ToLower(g.Title.EN)], k.words[g.Title.ZH] = g.Name, g.Name
		}
	}
	word = strings.ToLower(word)
	if g, ok := k.words[word]; ok {
		return g, true
	}
	g := screening.Group(word)
	return g, g.Valid()
}

func (k *registering) readGroups(i int) {
	for _, word := range k.rows[i].Groups {
		rest, out := strings.CutPrefix(word, "-")
		g, ok := k.groupOf(rest)
		if !ok {
			r := &k.rows[i]
			r.Problems = append(r.Problems, exchange.Problem{Row: r.Row, Column: "group", Value: word, Severity: exchange.Warn,
				Reason: "is no group that is known, nor a name of small letters, digits and hyphens; they were taken in without it"})
			continue
		}
		if w := (groupWord{g, out}); !slices.Contains(k.groups[i], w) {
			k.groups[i] = append(k.groups[i], w)
		}
	}
}

// says is what a row says of somebody, for its digest. It is not kept.
func (k *registering) says(i int) string {
	r := &k.rows[i]
	var b strings.Builder
	for _, s := range []string{vault.Normalise(vault.FieldDocument, r.Document), r.Name, r.Phone, strconv.FormatInt(int64(k.at[i].ID), 10), r.Building, r.Door, r.Household, r.Born.String(),
		strconv.Itoa(r.Age), string(r.Sex)} {
		b.WriteString(strconv.Itoa(len(s)))
		b.WriteByte(':')
		b.WriteString(s)
	}
	for _, g := range k.groups[i] {
		fmt.Fprintf(&b, "|%s %v", g.group, g.out)
	}
	return b.String()
}

// find looks up who is known, and rejects who is twice in the chunk or lives where the caller may not change anything.
func (k *registering) find(top place.AreaID) error {
	documents := make([]vault.Secret, len(k.rows))
	first := map[string]int{}
	for i := range k.rows {
		r := &k.rows[i]
		if r.Rejected {
			continue
		}
		normal := vault.Normalise(vault.FieldDocument, r.Document)
		if normal == "" {
			k.reject(i, "document", "", "the document has neither a letter nor a digit")
			continue
		}
		if f, twice := first[normal]; twice {
			if k.digest[f] != k.digest[i] { // the same row again is no contradiction: it is counted as unchanged
				k.reject(i, "document", "", fmt.Sprintf("row %d has the same document and says something else", k.rows[f].Row))
			}
			continue
		}
		first[normal] = i
		documents[i] = vault.NewSecret(r.Document)
	}
	found, err := k.identities.FindMany(&k.tx.Reader, vault.FieldDocument, documents)
	if err != nil {
		return err
	}
	k.known = make([]person.ID, len(k.rows))
	var ask []person.ID
	for i, list := range found {
		if len(list) > 0 {
			k.known[i] = list[0] // several people with one document are one until somebody tells them apart
			ask = append(ask, list[0])
		}
	}
	if k.people, err = k.tx.PeopleByID(ask); err != nil {
		return err
	}
	for i, id := range k.known {
		if p := k.people[id]; id != 0 && top != 0 && top != k.o.Area && p.Area != 0 && !k.tree.Contains(top, p.Area) {
			k.reject(i, "document", "", "they are registered outside the area of this import")
		}
		if documents[i].IsZero() && !k.rows[i].Rejected {
			k.known[i] = -1 // says what an earlier row of the chunk says
		}
	}
	return nil
}

// sort works out of each row what becomes of it.
func (k *registering) sort(v *vault.Vault) error {
	if err := k.buildings(); err != nil {
		return err
	}
	for i := range k.rows {
		r := &k.rows[i]
		k.out.Rows++
		for _, p := range r.Problems {
			if p.Severity == exchange.Warn {
				k.out.Warnings++
			}
		}
		switch id := k.known[i]; {
		case r.Rejected:
			k.out.Rejected++
		case id < 0 || id > 0 && k.people[id].Register == k.digest[i]:
			k.out.Unchanged++
		case id == 0:
			p := person.Person{Age: person.AgeUnknown}
			k.fill(&p, i, v)
			k.created, k.createdBy = append(k.created, p), append(k.createdBy, i)
			k.out.Created++
		default:
			p := k.people[id]
			was := p.Area
			if k.fill(&p, i, v); p.Area != was {
				p.Number = 0 // UpdatePeople gives one where they live now
				k.moved = append(k.moved, id)
				k.out.Moved++
			} else {
				k.out.Updated++
			}
			k.changed, k.changedBy = append(k.changed, p), append(k.changedBy, i)
		}
	}
	return nil
}

func (k *registering) fill(p *person.Person, i int, v *vault.Vault) {
	r := &k.rows[i]
	if p.Area != k.at[i].ID {
		p.Building, p.Household = 0, 0 // of where they lived before
	}
	p.Area, p.District, p.Register = k.at[i].ID, k.tree.District(k.at[i].ID), k.digest[i]
	if r.Building != "" {
		p.Building = k.building(builtAt{p.Area, r.Building})
	}
	if behind := r.Household + "|" + r.Door; behind != "|" {
		kind := "household"
		if r.Household == "" {
			kind = "door"
		}
		p.Household = person.HouseholdID(v.Digest(fmt.Sprintf("%s|%d|%d:%s|%s", kind, p.Area, len(r.Building), r.Building, behind)))
	}
	if r.Sex != "" {
		p.Sex = person.Sex(r.Sex)
	}
	if r.Born != day.Day(0) {
		p.Born = r.Born
	}
	if r.Age >= 0 {
		p.Age = person.Age(r.Age) //nolint:gosec // at most 130
	}
}

func (k *registering) building(at builtAt) place.BuildingID {
	if id, ok := k.built[at]; ok {
		return id
	}
	return k.fresh[at]
}

// buildings finds the buildings that rows name, and enters those that are not there.
func (k *registering) buildings() error {
	asked := map[place.AreaID][]string{}
	for i := range k.rows {
		r := &k.rows[i]
		if r.Rejected || r.Building == "" || k.known[i] < 0 {
			continue
		}
		at := builtAt{k.at[i].ID, r.Building}
		if k.building(at) == 0 {
			k.fresh[at] = 0
			asked[at.area] = append(asked[at.area], at.name)
		}
	}
	areas := make([]place.AreaID, 0, len(asked))
	for a := range asked {
		areas = append(areas, a)
	}
	slices.Sort(areas)
	for _, a := range areas {
		have, err := k.tx.Buildings(a)
		if err != nil {
			return err
		}
		for _, b := range have {
			k.fresh[builtAt{a, b.Name}] = b.ID
		}
	}
	var enter []place.Building
	for _, a := range areas {
		names := asked[a]
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if k.fresh[builtAt{a, name}] == 0 {
				enter = append(enter, place.Building{Area: a, District: k.tree.District(a), Name: name})
			}
		}
	}
	if err := k.tx.AddBuildings(enter); err != nil {
		return err
	}
	for _, b := range enter {
		k.fresh[builtAt{b.Area, b.Name}] = b.ID
	}
	k.out.Buildings += len(enter)
	return nil
}

// write keeps the chunk.
func (k *registering) write() error {
	if err := k.tx.AddPeople(k.created); err != nil {
		return err
	}
	if err := k.tx.UpdatePeople(k.changed); err != nil {
		return err
	}
	actor := "import:" + k.unit.by.Name()
	if err := k.identities.Add(k.tx, actor, k.secrets(k.created, k.createdBy)); err != nil {
		return err
	}
	if changed := k.secrets(k.changed, k.changedBy); len(changed) > 0 {
		if err := k.identities.Replace(k.tx, actor, changed); err != nil {
			return err
		}
	}
	ref, err := k.append(journal.Entry{Kind: journal.PeopleRegistered, Subject: task.Subject{Kind: task.OnOutbreak, ID: int64(k.o.ID)}, Area: k.o.Area, At: k.now, Actor: actor}, k.fact())
	if err != nil {
		return err
	}
	return k.changeGroups(ref.Seq)
}

func (k *registering) secrets(list []person.Person, rows []int) []store.IdentityValue {
	out := make([]store.IdentityValue, 0, 4*len(list))
	for n, p := range list {
		r := &k.rows[rows[n]]
		for _, v := range [...]struct {
			field vault.Field
			text  string
		}{{vault.FieldDocument, r.Document}, {vault.FieldName, r.Name}, {vault.FieldPhone, r.Phone}, {vault.FieldDoor, r.Door}} {
			if v.text != "" {
				out = append(out, store.IdentityValue{Person: p.ID, Field: v.field, Value: vault.NewSecret(v.text)})
			}
		}
	}
	return out
}

// fact is what the journal keeps of a chunk. Those who moved are named, so that whoever counts people by their numbers follows.
func (k *registering) fact() any {
	h := sha256.New()
	var b [8]byte
	created, moved, updated, rejected := len(k.created), len(k.moved), len(k.changed)-len(k.moved), 0
	for i := range k.rows {
		if k.rows[i].Rejected {
			rejected++
			continue
		}
		binary.BigEndian.PutUint64(b[:], uint64(k.digest[i])) //nolint:gosec // its bits
		h.Write(b[:])
	}
	out := map[string]any{"file": k.in.Source.Name(), "first_row": k.rows[0].Row, "last_row": k.rows[len(k.rows)-1].Row, "rows": len(k.rows), "created": created, "updated": updated,
		"rejected": rejected, "unchanged": len(k.rows) - created - moved - updated - rejected, "sha256": fmt.Sprintf("%x", h.Sum(nil))}
	if moved > 0 {
		out["moved"] = k.moved
	}
	return out
}

// changeGroups puts those who are new or changed in the groups that their rows name.
func (k *registering) changeGroups(seq int64) error {
	var list []store.GroupChange
	var ask []person.ID
	rowOf := map[person.ID]int{}
	for n, p := range k.created {
		for _, w := range k.groups[k.createdBy[n]] {
			if !w.out {
				list = append(list, store.GroupChange{Group: w.group, Person: p.ID, District: p.District, Member: true})
			}
		}
	}
	for n, p := range k.changed {
		if len(k.groups[k.changedBy[n]]) > 0 {
			ask, rowOf[p.ID] = append(ask, p.ID), k.changedBy[n]
		}
	}
	have, err := k.tx.GroupsOf(ask)
	if err != nil {
		return err
	}
	for _, id := range ask {
		for _, w := range k.groups[rowOf[id]] {
			if in := slices.Contains(have[id], w.group); in == w.out {
				list = append(list, store.GroupChange{Group: w.group, Person: id, District: k.people[id].District, Member: !w.out})
			}
		}
	}
	return k.tx.ChangeGroups(list, seq)
}
