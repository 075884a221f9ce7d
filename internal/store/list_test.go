package store_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// town is a small tree with cases and contacts, and what the lists must return by definition.
type town struct {
	o        outbreak.ID
	tree     *place.Tree
	areas    []place.AreaID // 0 too
	cases    []cases.Case
	contacts []contact.Contact
	late     map[task.Subject]bool
}

var noon = time.Date(2022, 3, 12, 12, 0, 0, 0, time.UTC)

func newTown(t *rapid.T, db *store.DB, o outbreak.ID) *town {
	w := &town{o: o, late: map[task.Subject]bool{}}
	classes := cases.Classes()
	outcomes := []cases.Outcome{cases.Open, cases.Open, cases.Recovered, cases.Died}
	days := func(label string) day.Day {
		n := rapid.IntRange(0, 8).Draw(t, label)
		if n == 0 {
			return 0
		}
		return day.In(noon.AddDate(0, 0, -n), time.UTC)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		old, err := tx.Tree()
		if err != nil {
			return err
		}
		if old.Len() == 0 {
			var list []place.NewJurisdiction
			for _, code := range []string{"1", "1.1", "1.1.1", "1.1.2", "1.2", "1.2.1", "2", "2.1"} {
				n := place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: code}}
				if i := strings.LastIndex(code, "."); i > 0 {
					n.ParentCode = code[:i]
				}
				list = append(list, n)
			}
			if _, _, _, err := tx.PutAreas(list, nil, 1); err != nil {
				return err
			}
		}
		if w.tree, err = tx.Tree(); err != nil {
			return err
		}
		w.areas = []place.AreaID{0}
		for _, j := range w.tree.All() {
			w.areas = append(w.areas, j.ID)
		}
		n := rapid.IntRange(0, 30).Draw(t, "cases")
		first, err := tx.CaseIDs(n)
		if err != nil {
			return err
		}
		var fresh []*store.NewCase
		for i := range n {
			c := cases.Case{ID: first + cases.ID(i), Outbreak: o, Code: fmt.Sprintf("%s%03d", rapid.SampledFrom([]string{"A-", "B%", "病"}).Draw(t, "letter"), i),
				Class: rapid.SampledFrom(classes).Draw(t, "class"), Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"),
				Found: rapid.SampledFrom([]cases.Found{"", cases.FoundCommunity, cases.FoundInIsolation}).Draw(t, "found"),
				Area:  rapid.SampledFrom(w.areas).Draw(t, "area"), Onset: days("onset")}
			if d := days("reported"); !d.IsZero() {
				c.ReportedAt = d.Start(time.UTC)
			}
			if v := rapid.SampledFrom([]string{"", `a"b'c`, "7"}).Draw(t, "cluster"); v != "" {
				c.Attributes = map[string]string{"cluster": v, "a": "b"}
			}
			w.cases = append(w.cases, c)
			fresh = append(fresh, &store.NewCase{Case: c})
		}
		if err := tx.AddCases(fresh); err != nil {
			return err
		}
		n = rapid.IntRange(0, 30).Draw(t, "contacts")
		firstContact, err := tx.ContactIDs(n)
		if err != nil {
			return err
		}
		var named []*store.NewContact
		for i := range n {
			c := contact.Contact{ID: firstContact + contact.ID(i), Outbreak: o, Code: fmt.Sprintf("K%03d", i), Tier: rapid.SampledFrom([]contact.Tier{contact.Close, contact.Secondary}).Draw(t, "tier"),
				State: rapid.SampledFrom([]contact.State{contact.Listed, contact.Followed, contact.Released}).Draw(t, "state"), Area: rapid.SampledFrom(w.areas).Draw(t, "area"),
				EndsOn: days("ends"), ListedAt: noon.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "listed")) * time.Hour)}
			if len(w.cases) > 0 {
				c.Case = rapid.SampledFrom(w.cases).Draw(t, "of").ID
			}
			w.contacts = append(w.contacts, c)
			named = append(named, &store.NewContact{Contact: c})
		}
		if err := tx.AddContacts(named); err != nil {
			return err
		}
		if err := addExposures(tx, named); err != nil {
			return err
		}
		var changes []task.Change
		add := func(s task.Subject, k task.Kind, area place.AreaID) {
			due := noon.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "due")) * time.Hour)
			w.late[s] = due.Before(noon)
			changes = append(changes, task.Change{Task: task.Task{Outbreak: o, Subject: s, Key: task.Key{Kind: k}, State: task.Open, Owner: task.Investigator, Area: area, Due: due, Because: task.Because{Fact: task.FactRef{Seq: 1}}}})
		}
		for _, c := range w.cases {
			if rapid.Bool().Draw(t, "case task") {
				add(task.Subject{Kind: task.OnCase, ID: int64(c.ID)}, task.InvestigateCase, c.Area)
			}
		}
		for _, c := range w.contacts {
			if rapid.Bool().Draw(t, "contact task") {
				add(task.Subject{Kind: task.OnContact, ID: int64(c.ID)}, task.CheckContact, c.Area)
			}
		}
		return tx.ApplyTaskChanges(o, changes)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// bound draws a caller's bound, and says by definition what it holds: the subtrees of the roots, cut to the area; everything only where the
// roots are all of the tree.
func (w *town) bound(t *rapid.T) (store.Within, func(place.AreaID) bool) {
	roots := rapid.SliceOfNDistinct(rapid.SampledFrom(w.areas[1:]), 0, 3, rapid.ID).Draw(t, "roots")
	slices.Sort(roots)
	in := store.Within{Scope: auth.Scope{Roots: roots}}
	if rapid.Bool().Draw(t, "in an area") {
		in = in.At(rapid.SampledFrom(w.areas[1:]).Draw(t, "asked area"))
	}
	see := func(a place.AreaID) bool {
		if a == 0 {
			return false
		}
		return (in.Area == 0 || w.tree.Contains(in.Area, a)) && slices.ContainsFunc(roots, func(r place.AreaID) bool { return w.tree.Contains(r, a) })
	}
	if !slices.ContainsFunc(w.areas[1:], func(a place.AreaID) bool { return !see(a) }) {
		return in, func(place.AreaID) bool { return true }
	}
	return in, see
}

// walk pages through a list to its end and back, and returns the IDs it gave.
func walk(t *rapid.T, most int, get func(cursor string) (ids []int64, next, prev string)) []int64 {
	var pages [][]int64
	ids, next, prev := get("")
	for {
		pages = append(pages, ids)
		if next == "" || len(pages) > most+1 {
			break
		}
		ids, next, prev = get(next)
	}
	for i := len(pages) - 2; i >= 0; i-- {
		if prev == "" {
			t.Fatalf("page %d of %d has none before it", i+2, len(pages))
		}
		if ids, _, prev = get(prev); !slices.Equal(ids, pages[i]) {
			t.Fatalf("going back to page %d gives %v, want %v", i+1, ids, pages[i])
		}
	}
	if prev != "" {
		t.Fatal("the first page has one before it")
	}
	return slices.Concat(pages...)
}

func in[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func sometimes[T any](t *rapid.T, label string, values ...T) []T {
	if rapid.IntRange(0, 2).Draw(t, label+" filter") > 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(values), 1, 2).Draw(t, label)
}

func (w *town) checkCases(t *rapid.T, r *store.Reader) {
	bound, sees := w.bound(t)
	f := store.CaseFilter{Outbreak: w.o, Within: bound, Classes: sometimes(t, "class", cases.Classes()...),
		Outcomes: sometimes(t, "outcome", cases.Open, cases.Recovered, cases.Died), Found: sometimes(t, "found", cases.FoundUnknown, cases.FoundCommunity)}
	if c := sometimes(t, "code", "A", "B%", "病0", "z"); c != nil {
		f.Code = c[0]
	}
	if d := sometimes(t, "onset", -6, -3); d != nil {
		f.OnsetOn = store.DayRange{From: day.In(noon.AddDate(0, 0, d[0]), time.UTC), To: day.In(noon.AddDate(0, 0, -2), time.UTC)}
	}
	if d := sometimes(t, "reported", -6, -3); d != nil {
		f.Reported.From = noon.AddDate(0, 0, d[0])
	}
	if v := sometimes(t, "attribute", `a"b'c`, "7", "8"); v != nil {
		f.Attribute, f.Value = "cluster", v[0]
	}
	if rapid.IntRange(0, 3).Draw(t, "late only") == 0 {
		f.LateAt = noon
	}
	order := rapid.SampledFrom([]store.CaseOrder{store.CasesByID, store.CasesByCode, store.CasesByOnset, store.CasesByReported}).Draw(t, "order")
	page := store.Page{Limit: rapid.IntRange(1, 9).Draw(t, "limit"), Desc: rapid.Bool().Draw(t, "desc")}
	var want []cases.Case
	for _, c := range w.cases {
		if sees(c.Area) && in(f.Classes, c.Class) && in(f.Outcomes, c.Outcome) && in(f.Found, c.Found) && strings.HasPrefix(c.Code, f.Code) &&
			(f.OnsetOn.From.IsZero() || !c.Onset.IsZero() && c.Onset >= f.OnsetOn.From && c.Onset <= f.OnsetOn.To) &&
			(f.Reported.From.IsZero() || !c.ReportedAt.IsZero() && !c.ReportedAt.Before(f.Reported.From)) &&
			(f.Attribute == "" || c.Attributes[f.Attribute] == f.Value) && (f.LateAt.IsZero() || w.late[task.Subject{Kind: task.OnCase, ID: int64(c.ID)}]) {
			want = append(want, c)
		}
	}
	byID := len(want)
	slices.SortFunc(want, func(a, b cases.Case) int {
		if page.Desc {
			a, b = b, a
		}
		switch order {
		case store.CasesByCode:
			return strings.Compare(a.Code, b.Code)
		case store.CasesByOnset:
			return cmp.Or(strings.Compare(a.Onset.String(), b.Onset.String()), cmp.Compare(a.ID, b.ID))
		case store.CasesByReported:
			return cmp.Or(a.ReportedAt.Compare(b.ReportedAt), cmp.Compare(a.ID, b.ID))
		default: // by ID, below
		}
		return cmp.Compare(a.ID, b.ID)
	})
	got := walk(t, len(w.cases), func(cursor string) ([]int64, string, string) {
		page.Cursor = cursor
		p, err := r.Cases(f, order, page)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, c := range p.Cases {
			ids = append(ids, int64(c.ID))
		}
		return ids, p.Next, p.Prev
	})
	var ids []int64
	for _, c := range want {
		ids = append(ids, int64(c.ID))
	}
	if !slices.Equal(got, ids) {
		t.Fatalf("cases by %s of %+v:\ngot  %v\nwant %v", order, f, got, ids)
	}
	total, err := r.CountCases(f)
	if err != nil || total.N != int64(byID) || total.More {
		t.Fatalf("count is %+v (%v), want %d", total, err, byID)
	}
	var each []int64
	if err := r.EachCaseOf(f, func(c cases.Case) error { each = append(each, int64(c.ID)); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if !slices.Equal(each, ids) {
		t.Fatalf("each case of the list: %v, want %v", each, ids)
	}
}

func (w *town) checkContacts(t *rapid.T, r *store.Reader) {
	bound, sees := w.bound(t)
	f := store.ContactFilter{Outbreak: w.o, Within: bound, Tiers: sometimes(t, "tier", contact.Close, contact.Secondary), States: sometimes(t, "state", contact.Listed, contact.Released)}
	if len(w.cases) > 0 && rapid.IntRange(0, 3).Draw(t, "of a case") == 0 {
		f.Case = rapid.SampledFrom(w.cases).Draw(t, "case").ID
	}
	if rapid.IntRange(0, 3).Draw(t, "late only") == 0 {
		f.LateAt = noon
	}
	if d := sometimes(t, "ends", -6, -3); d != nil {
		f.EndsOn.From = day.In(noon.AddDate(0, 0, d[0]), time.UTC)
	}
	order := rapid.SampledFrom([]store.ContactOrder{store.ContactsByID, store.ContactsByCode, store.ContactsByListed, store.ContactsByEnd}).Draw(t, "order")
	page := store.Page{Limit: rapid.IntRange(1, 9).Draw(t, "limit"), Desc: rapid.Bool().Draw(t, "desc")}
	var want []contact.Contact
	for _, c := range w.contacts {
		if sees(c.Area) && in(f.Tiers, c.Tier) && in(f.States, c.State) && (f.Case == 0 || c.Case == f.Case) && (f.EndsOn.From.IsZero() || !c.EndsOn.IsZero() && c.EndsOn >= f.EndsOn.From) &&
			(f.LateAt.IsZero() || w.late[task.Subject{Kind: task.OnContact, ID: int64(c.ID)}]) {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, func(a, b contact.Contact) int {
		if page.Desc {
			a, b = b, a
		}
		switch order {
		case store.ContactsByListed:
			return cmp.Or(a.ListedAt.Compare(b.ListedAt), cmp.Compare(a.ID, b.ID))
		case store.ContactsByEnd:
			return cmp.Or(strings.Compare(a.EndsOn.String(), b.EndsOn.String()), cmp.Compare(a.ID, b.ID))
		default: // by ID, below
		}
		return cmp.Compare(a.ID, b.ID)
	})
	var ids []int64
	for _, c := range want {
		ids = append(ids, int64(c.ID))
	}
	got := walk(t, len(w.contacts), func(cursor string) ([]int64, string, string) {
		page.Cursor = cursor
		p, err := r.Contacts(f, order, page)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, c := range p.Contacts {
			ids = append(ids, int64(c.ID))
		}
		return ids, p.Next, p.Prev
	})
	if !slices.Equal(got, ids) {
		t.Fatalf("contacts by %s of %+v:\ngot  %v\nwant %v", order, f, got, ids)
	}
	total, err := r.CountContacts(f)
	if err != nil || total.N != int64(len(want)) || total.More {
		t.Fatalf("count is %+v (%v), want %d", total, err, len(want))
	}
}

// TestLists: whatever the rows, the bound, the filters and the order, a list gives exactly the rows of the caller's subtrees that match, in
// order, page by page, there and back.
func TestLists(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		o := outbreak.ID(0)
		rapid.Check(t, func(t *rapid.T) {
			o++
			w := newTown(t, db, o)
			err := db.View(t.Context(), func(r *store.Reader) error {
				for range 4 {
					w.checkCases(t, r)
					w.checkContacts(t, r)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestListRefusesForeignCursor(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)()
	err := db.View(t.Context(), func(r *store.Reader) error {
		for _, cursor := range []string{"x", "reported_at>", "code>1.a", "onset>1", "id>é.1"} {
			if _, err := r.Cases(store.CaseFilter{Outbreak: 1, Within: store.Everywhere()}, store.CasesByReported, store.Page{Cursor: cursor}); err == nil {
				t.Errorf("cursor %q was taken", cursor)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLists measures first pages with their counts, for a national and a district user. FIREBREAK_BENCH_CASES sets the number of cases (20,000
// when unset); there are five contacts to a case. The data is kept in FIREBREAK_BENCH_DIR, where set, from run to run.
func BenchmarkLists(b *testing.B) {
	n := 20_000
	if s := os.Getenv("FIREBREAK_BENCH_CASES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	dir := os.Getenv("FIREBREAK_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	db := storetest.At(b, store.Options{Dir: dir})
	district := fillLists(b, db, n)
	late := noon
	users := []struct {
		name string
		in   store.Within
	}{{"national", store.Everywhere()}, {"district", store.Within{Scope: auth.Scope{Roots: []place.AreaID{district}}}}}
	lists := []struct {
		name  string
		f     store.CaseFilter
		order store.CaseOrder
	}{
		{"all by reported", store.CaseFilter{}, store.CasesByReported},
		{"all by onset", store.CaseFilter{}, store.CasesByOnset},
		{"confirmed by onset", store.CaseFilter{Classes: []cases.Class{cases.Confirmed}}, store.CasesByOnset},
		{"probable (rare) by reported", store.CaseFilter{Classes: []cases.Class{cases.Probable}}, store.CasesByReported},
		{"died by code", store.CaseFilter{Outcomes: []cases.Outcome{cases.Died}}, store.CasesByCode},
		{"onset range by reported", store.CaseFilter{OnsetOn: store.DayRange{From: day.In(noon, time.UTC) - 20, To: day.In(noon, time.UTC) - 18}}, store.CasesByReported},
		{"code prefix by id", store.CaseFilter{Code: "C-0001"}, store.CasesByID},
		{"open, in isolation, by reported", store.CaseFilter{Outcomes: []cases.Outcome{cases.Open}, Found: []cases.Found{cases.FoundInIsolation}}, store.CasesByReported},
		{"late by reported", store.CaseFilter{LateAt: late}, store.CasesByReported},
	}
	measure := func(b *testing.B, run func(*store.Reader) error) {
		var times []time.Duration
		for b.Loop() {
			start := time.Now()
			if err := db.View(b.Context(), run); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
	}
	for _, u := range users {
		for _, l := range lists {
			l.f.Outbreak, l.f.Within = 1, u.in
			b.Run("cases/"+u.name+"/"+l.name, func(b *testing.B) {
				measure(b, func(r *store.Reader) error {
					p, err := r.Cases(l.f, l.order, store.Page{Desc: true})
					if err == nil && len(p.Cases) == 0 {
						b.Log("the list is empty")
					}
					return err
				})
			})
			b.Run("cases count/"+u.name+"/"+l.name, func(b *testing.B) {
				measure(b, func(r *store.Reader) error { _, err := r.CountCases(l.f); return err })
			})
		}
		for _, l := range []struct {
			name  string
			f     store.ContactFilter
			order store.ContactOrder
		}{
			{"all by listed", store.ContactFilter{}, store.ContactsByListed},
			{"secondary, followed, by end", store.ContactFilter{Tiers: []contact.Tier{contact.Secondary}, States: []contact.State{contact.Followed}}, store.ContactsByEnd},
			{"lost (rare) by listed", store.ContactFilter{States: []contact.State{contact.Lost}}, store.ContactsByListed},
			{"of a case", store.ContactFilter{Case: 77}, store.ContactsByCode},
			{"ending soon by code", store.ContactFilter{EndsOn: store.DayRange{From: day.In(noon, time.UTC), To: day.In(noon, time.UTC) + 1}}, store.ContactsByCode},
			{"late by end", store.ContactFilter{LateAt: late}, store.ContactsByEnd},
		} {
			l.f.Outbreak, l.f.Within = 1, u.in
			b.Run("contacts/"+u.name+"/"+l.name, func(b *testing.B) {
				measure(b, func(r *store.Reader) error { _, err := r.Contacts(l.f, l.order, store.Page{}); return err })
			})
			b.Run("contacts count/"+u.name+"/"+l.name, func(b *testing.B) {
				measure(b, func(r *store.Reader) error { _, err := r.CountContacts(l.f); return err })
			})
		}
	}
}

// fillLists writes n cases and five contacts to each, over 10 districts of 200 communities, unless they are there. One case in 20 and one contact in 50 has a late task.
func fillLists(b *testing.B, db *store.DB, n int) (district place.AreaID) {
	b.Helper()
	var there int64
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(db.View(b.Context(), func(r *store.Reader) error {
		t, err := r.CountCases(store.CaseFilter{Outbreak: 1, Within: store.Everywhere()})
		there = t.N
		return err
	}))
	if there == 0 {
		must(db.Update(b.Context(), func(tx *store.Tx) error {
			list := []place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "C", Name: "C"}}}
			for d := range 10 {
				code := fmt.Sprintf("D%d", d)
				list = append(list, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: code, Level: place.District}, ParentCode: "C"})
				for i := range 200 {
					c := fmt.Sprintf("%s-%03d", code, i)
					list = append(list, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: c, Name: c}, ParentCode: code})
				}
			}
			_, _, _, err := tx.PutAreas(list, nil, 1)
			return err
		}))
	}
	tree, err := db.Tree(b.Context())
	must(err)
	d, _ := tree.ByCode("D3")
	district = d.ID
	if there > 0 {
		return district
	}
	var leaves []place.Jurisdiction
	for _, j := range tree.All() {
		if len(tree.Subtree(j.ID)) == 1 {
			leaves = append(leaves, j)
		}
	}
	for done := 0; done < n; done += 5000 {
		part := min(5000, n-done)
		must(db.Update(b.Context(), func(tx *store.Tx) error {
			first, err := tx.CaseIDs(part)
			if err != nil {
				return err
			}
			var list []*store.NewCase
			var changes []task.Change
			for i := range part {
				k := done + i
				h := k * 2654435761 % 1_000_003
				leaf := leaves[h%len(leaves)]
				c := cases.Case{ID: first + cases.ID(i), Outbreak: 1, Code: fmt.Sprintf("C-%07d", h%10*1_000_000+k), Class: cases.Confirmed, Area: leaf.ID, District: tree.District(leaf.ID),
					Onset: day.In(noon, time.UTC) - day.Day(k*300/n) - day.Day(h%7), ReportedAt: noon.Add(-time.Duration(k) * time.Minute / 3)}
				switch {
				case h%1000 == 0:
					c.Class = cases.Probable
				case h%10 < 3:
					c.Class = cases.Asymptomatic
				}
				if h%3 == 0 {
					c.Found = cases.FoundInIsolation
				}
				switch {
				case k < n/2:
				case h%100 == 1:
					c.Outcome = cases.Died
				default:
					c.Outcome = cases.Recovered
				}
				list = append(list, &store.NewCase{Case: c})
				if h%20 == 0 {
					changes = append(changes, task.Change{Task: task.Task{Outbreak: 1, Subject: task.Subject{Kind: task.OnCase, ID: int64(c.ID)}, Key: task.Key{Kind: task.InvestigateCase}, State: task.Open, Owner: task.Investigator,
						Area: c.Area, District: c.District, Due: noon.Add(-time.Duration(h%5000) * time.Second), Because: task.Because{Fact: task.FactRef{Seq: 1}}}})
				}
			}
			if err := tx.AddCases(list); err != nil {
				return err
			}
			firstContact, err := tx.ContactIDs(5 * part)
			if err != nil {
				return err
			}
			var named []*store.NewContact
			for i := range 5 * part {
				of := list[i/5]
				h := int(firstContact) + i
				c := contact.Contact{ID: firstContact + contact.ID(i), Outbreak: 1, Code: fmt.Sprintf("K-%08d", h), Case: of.ID, Tier: contact.Close, State: contact.Released, Area: of.Area, District: of.District,
					ListedAt: of.ReportedAt.Add(time.Hour), LastExposed: of.Onset, EndsOn: of.Onset + 14}
				if h%4 == 0 {
					c.Tier = contact.Secondary
				}
				if h%5 == 0 {
					c.State = contact.Followed
				} else if h%2003 == 0 {
					c.State = contact.Lost
				}
				named = append(named, &store.NewContact{Contact: c})
				if h%50 == 0 {
					changes = append(changes, task.Change{Task: task.Task{Outbreak: 1, Subject: task.Subject{Kind: task.OnContact, ID: int64(c.ID)}, Key: task.Key{Kind: task.CheckContact}, State: task.Open, Owner: task.FollowUpOfficer,
						Area: c.Area, District: c.District, Due: noon.Add(-time.Duration(h%5000) * time.Second), Because: task.Because{Fact: task.FactRef{Seq: 1}}}})
				}
			}
			if err := tx.AddContacts(named); err != nil {
				return err
			}
			if err := addExposures(tx, named); err != nil {
				return err
			}
			return tx.ApplyTaskChanges(1, changes)
		}))
	}
	return district
}

// addExposures writes the exposure that each contact names.
func addExposures(tx *store.Tx, list []*store.NewContact) error {
	first, err := tx.ExposureIDs(len(list))
	if err != nil {
		return err
	}
	var out []*contact.Exposure
	for i, c := range list {
		if c.Case != 0 || c.Parent != 0 {
			out = append(out, &contact.Exposure{ID: first + contact.ExposureID(i), Outbreak: c.Outbreak, Contact: c.ID, District: c.District, Case: c.Case, Last: c.LastExposed, Tier: c.Tier})
		}
	}
	return tx.AddExposures(out)
}
