package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

// born enters a confirmed case of a girl born on a day.
func (c *city) born(code, area, day string, fields map[string]string) cases.Case {
	c.t.Helper()
	in := command.AddCase{Outbreak: "laixi", Code: code, Person: command.PersonFields{Sex: "female", Born: day}, Fields: map[string]string{"class": "confirmed", "area": area}}
	for k, v := range fields {
		in.Fields[k] = v
	}
	k, err := c.cmds.AddCase(c.t.Context(), command.Owner("test"), in)
	c.must(err)
	return k.Case
}

// twins are two cases of the east that look alike.
func (c *city) twins() (older, newer cases.Case, path string) {
	c.t.Helper()
	older = c.born("LX-20", "31", "2007-04-01", map[string]string{"onset": "2022-03-10", "hospital": "First"})
	newer = c.born("LX-21", "31", "2007-04-01", map[string]string{"onset": "2022-03-09", "hospital": "Second", "setting": "school"})
	return older, newer, fmt.Sprintf("/o/laixi/duplicates/%d-%d", newer.Person, older.Person)
}

func TestDuplicatesKeepToTheirDistrictAndRole(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	_, _, path := c.twins()
	c.born("SB-20", "32", "2007-04-01", map[string]string{"onset": "2022-03-10"})
	east, west := c.as("epi-east"), c.as("epi-west")
	east.get("/o/laixi/duplicates").wants(t, http.StatusOK, []string{"LX-20", "LX-21", `href="` + path + `"`, "birth day", `href="/o/laixi/duplicates" aria-current`}, []string{"SB-20"})
	// Pairs with one foot in the west are nobody's: nothing is said of people whom the reader may not read.
	west.get("/o/laixi/duplicates").wants(t, http.StatusOK, []string{"No two records look alike"}, []string{"LX-20", "SB-20"})
	for _, p := range []string{path, "/o/laixi/duplicates/1-1", "/o/laixi/duplicates/x", "/o/laixi/duplicates/999999-1", "/o/laixi/merges/1"} {
		if got := west.get(p); got.status != http.StatusNotFound {
			t.Errorf("%s from the west: %d, want 404", p, got.status)
		}
	}
	form := url.Values{"keep": {"a"}, "version": {"1"}, "seen": {"0"}, "reason": {"x"}}
	for _, p := range []string{path + "/merge", path + "/apart"} {
		if got := west.post(p, form); got.status != http.StatusNotFound {
			t.Errorf("post %s from the west: %d, want 404", p, got.status)
		}
		for _, login := range []string{"duty", "calls", "viewer", "admin"} {
			if got := c.as(login).post(p, form); got.status != http.StatusForbidden {
				t.Errorf("post %s by %s: %d, want 403", p, login, got.status)
			}
		}
	}
	for _, login := range []string{"duty", "calls", "viewer"} {
		who := c.as(login)
		if got := who.get("/o/laixi/duplicates"); got.status != http.StatusForbidden {
			t.Errorf("%s sees the duplicates: %d, want 403", login, got.status)
		}
	}
	c.as("duty").get("/o/laixi/cases/LX-20").wants(t, http.StatusOK, []string{"LX-20"}, []string{"/duplicates", "May be the same person"})
	east.get("/o/laixi/cases/LX-20").wants(t, http.StatusOK, []string{"May be the same person as LX-21", path}, nil)
}

func (c *city) mergedInto(p person.ID) (into person.ID) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(r *store.Reader) (err error) {
		into, err = r.MergedInto(p)
		return err
	}))
	return into
}

func TestMergeFromTheScreenAndBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	older, newer, path := c.twins()
	epi := c.as("epi-east")
	page := epi.get(path)
	page.wants(t, http.StatusOK, []string{"9 Mar 2022", "10 Mar 2022", "First", "Second", `name="take.case.onset"`, `name="take.case.hospital"`}, []string{`name="take.case.class"`, `name="take.case.setting"`})
	form := page.form(t, "merge")
	form.Set("keep", "b") // the older
	form.Set("take.case.onset", "a")
	form.Set("take.case.hospital", "b")
	form.Set("reason", " ")
	// Without a reason nothing happens, and what was chosen comes back.
	got := epi.post(path+"/merge", form)
	got.wants(t, http.StatusUnprocessableEntity, []string{"Say why", `aria-label="Day of onset: 9 Mar 2022" checked`}, nil)
	if c.mergedInto(newer.Person) != 0 {
		t.Fatal("merged without a reason")
	}
	form.Set("reason", "same school card")
	got = epi.post(path+"/merge", form)
	if got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/o/laixi/cases/LX-20?") {
		t.Fatalf("merge: %d to %q", got.status, got.to)
	}
	k := c.caseNow(older.ID)
	if c.mergedInto(newer.Person) != older.Person || k.Onset.String() != "2022-03-09" || k.Hospital != "First" || k.Setting != "school" {
		t.Fatalf("after the merge: onset %s, hospital %q, setting %q", k.Onset, k.Hospital, k.Setting)
	}
	epi.get("/o/laixi/cases/LX-20").wants(t, http.StatusOK, []string{"LX-21 was merged into this record by epi-east", "same school card", "/o/laixi/merges/"}, []string{"May be the same"})
	if got := epi.get("/o/laixi/cases/LX-21"); got.status != http.StatusSeeOther || got.to != "/o/laixi/cases/LX-20" {
		t.Errorf("the merged case: %d to %q", got.status, got.to)
	}
	list := epi.get("/o/laixi/duplicates")
	list.wants(t, http.StatusOK, []string{"Newest merges", "LX-21", "same school card"}, nil)
	_, rest, _ := strings.Cut(list.body, `href="/o/laixi/merges/`)
	id, _, _ := strings.Cut(rest, `"`)
	undo := "/o/laixi/merges/" + id
	c.as("epi-west").get(undo).wants(t, http.StatusNotFound, nil, nil)
	if got := c.as("duty").post(undo+"/undo", url.Values{"reason": {"x"}}); got.status != http.StatusForbidden {
		t.Errorf("undo by the duty officer: %d, want 403", got.status)
	}
	epi.post(undo+"/undo", url.Values{"reason": {""}}).wants(t, http.StatusUnprocessableEntity, []string{"Say why"}, nil)
	if got := epi.post(undo+"/undo", url.Values{"reason": {"twins"}}); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, path) {
		t.Fatalf("undo: %d to %q", got.status, got.to)
	}
	if k := c.caseNow(older.ID); c.mergedInto(newer.Person) != 0 || k.Onset.String() != "2022-03-10" || k.Setting != "" {
		t.Errorf("after the undo: onset %s, setting %q", k.Onset, k.Setting)
	}
	epi.post(undo+"/undo", url.Values{"reason": {"twins"}}).wants(t, http.StatusConflict, []string{"Undone by epi-east"}, []string{`id="undo"`})
	epi.get(undo).wants(t, http.StatusOK, []string{"Undone by epi-east"}, []string{`id="undo"`})
}

func TestSecondMergerIsTold(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	older, newer, path := c.twins()
	epi := c.as("epi-east")
	mine := epi.get(path).form(t, "merge")
	mine.Set("keep", "b")
	mine.Set("take.case.onset", "a")
	mine.Set("reason", "same card")
	// A colleague corrects one of the two meanwhile.
	_, err := c.cmds.CorrectCase(t.Context(), command.Owner("colleague"), command.CorrectCase{Case: newer.ID, Version: newer.Version, Fields: map[string]string{"onset": "2022-03-07"}})
	c.must(err)
	told := epi.post(path+"/merge", mine)
	told.wants(t, http.StatusConflict, []string{"colleague changed this record", "9 Mar 2022", "7 Mar 2022", `value="same card"`}, nil)
	if c.mergedInto(newer.Person) != 0 {
		t.Fatal("merged over the colleague's change")
	}
	// And then merges them the other way round.
	var version int64
	c.must(c.db.View(t.Context(), func(r *store.Reader) (err error) {
		version, err = r.PairVersion(older.Person, newer.Person)
		return err
	}))
	_, err = c.cmds.MergePeople(t.Context(), command.Owner("colleague"), command.MergePeople{Kept: newer.Person, Gone: older.Person, Seen: version, Reason: "called her"})
	c.must(err)
	again := told.form(t, "merge")
	again.Set("keep", "b")
	for _, p := range []string{"/merge", "/apart"} {
		epi.post(path+p, again).wants(t, http.StatusConflict, []string{"LX-20 was merged into LX-21 by", "called her", `href="/o/laixi/cases/LX-21"`}, []string{`id="merge"`})
	}
	epi.get(path).wants(t, http.StatusOK, []string{"was merged into LX-21"}, nil)
	if c.mergedInto(older.Person) != newer.Person {
		t.Error("the second merge undid the first")
	}
}

// TestNamesOfTwo: names are compared sealed; who says why sees both, and the journal has it for each.
func TestNamesOfTwo(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	ids, err := c.db.OpenIdentities(t.Context(), store.KeyOptions{})
	c.must(err)
	c.cmds = command.New(c.db, ids)
	c.site.Commands = c.cmds
	var list [2]command.Entered
	for i, code := range []string{"LX-30", "LX-31"} {
		list[i], err = c.cmds.AddCase(t.Context(), command.Owner("test"), command.AddCase{Outbreak: "laixi", Code: code, Fields: map[string]string{"class": "confirmed", "area": "31"},
			Person: command.PersonFields{Sex: "female", Identity: command.IdentityFields{Name: "Testa Northwind", Document: fmt.Sprintf("X%d", i), Phone: "13900000000"}}})
		c.must(err)
	}
	epi := c.as("epi-east")
	path := fmt.Sprintf("/o/laixi/duplicates/%d-%d", list[1].Person, list[0].Person)
	page := epi.get(path)
	page.wants(t, http.StatusOK, []string{"the same", "not the same", "Show the names of both"}, []string{"Northwind", "X0", "13900000000"})
	form := page.form(t, "names")
	epi.post(path+"/names", form).wants(t, http.StatusOK, []string{`id="names-reason-error"`}, []string{"Northwind"})
	form.Set("reason", "one girl or two?")
	epi.post(path+"/names", form).wants(t, http.StatusOK, []string{"Testa Northwind", "X0", "X1", "13900000000"}, nil)
	if got := c.as("epi-west").post(path+"/names", form); got.status != http.StatusNotFound || strings.Contains(got.body, "Northwind") {
		t.Errorf("names from the west: %d", got.status)
	}
	read := 0
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		entries, err := r.LatestEntries(0, 50)
		for _, e := range entries {
			if e.Kind == journal.NameRead && strings.Contains(string(e.Payload), "one girl or two?") {
				read++
			}
		}
		return err
	}))
	if read == 0 {
		t.Error("the reading of the names is not in the journal")
	}
	// On entering somebody with a document that is on record, the case that is there is offered.
	entry := epi.get("/o/laixi/cases/new").form(t, "new")
	for name, v := range map[string]string{"document": "X1", "class": "suspected", "area": "31"} {
		entry.Set(name, v)
	}
	epi.post("/o/laixi/cases", entry).wants(t, http.StatusConflict, []string{"Open the existing case", `href="/o/laixi/cases/LX-31"`, "document"}, nil)
}

func TestTellApart(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	_, _, path := c.twins()
	epi := c.as("epi-east")
	form := epi.get(path).form(t, "apart")
	epi.post(path+"/apart", form).wants(t, http.StatusUnprocessableEntity, []string{"Say why"}, nil)
	form.Set("reason", "twins")
	for range 2 { // a second time changes nothing
		if got := epi.post(path+"/apart", form); got.status != http.StatusSeeOther {
			t.Fatalf("tell apart: %d", got.status)
		}
	}
	epi.get("/o/laixi/duplicates").wants(t, http.StatusOK, []string{"No two records look alike"}, []string{"LX-20"})
	epi.get(path).wants(t, http.StatusOK, []string{"These two were told apart"}, nil)
	n := 0
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.LatestEntries(0, 50)
		for _, e := range list {
			if e.Kind == journal.PersonToldApart {
				n++
			}
		}
		return err
	}))
	if n != 1 {
		t.Errorf("told apart %d times in the journal, want once", n)
	}
}
