package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// inputs are the values of a form's inputs by name, as the page shows them.
var (
	inputTag = regexp.MustCompile(`<input[^>]*>`)
	nameAttr = regexp.MustCompile(` name="([^"]*)"`)
	valAttr  = regexp.MustCompile(` value="([^"]*)"`)
	chosen   = regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`)
	selected = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// form fills a form with what the page shows in it, between the form's id and its end.
func (a answer) form(t *testing.T, id string) url.Values {
	t.Helper()
	_, rest, ok := strings.Cut(a.body, `<form id="`+id+`"`)
	if !ok {
		t.Fatalf("the page has no form %q", id)
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	v := url.Values{}
	for _, tag := range inputTag.FindAllString(rest, -1) {
		name, value := nameAttr.FindStringSubmatch(tag), valAttr.FindStringSubmatch(tag)
		if name == nil || strings.Contains(tag, `type="checkbox"`) {
			continue
		}
		if value != nil {
			v.Set(name[1], value[1])
		} else {
			v.Set(name[1], "")
		}
	}
	for _, m := range chosen.FindAllStringSubmatch(rest, -1) {
		v.Set(m[1], "")
		if s := selected.FindStringSubmatch(m[2]); s != nil {
			v.Set(m[1], s[1])
		}
	}
	return v
}

func (c *city) caseNow(id cases.ID) (k cases.Case) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(r *store.Reader) (err error) {
		k, err = r.Case(id)
		return err
	}))
	return k
}

func TestCasesKeepToTheirDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	west := c.as("epi-west")
	west.get("/o/laixi/cases").wants(t, http.StatusOK, []string{"SB-1", "Shibei"}, []string{"LX-1"})
	c.as("duty").get("/o/laixi/cases?sort=case").wants(t, http.StatusOK, []string{"SB-1", "LX-1"}, nil)
	for _, path := range []string{"/o/laixi/cases/LX-1", "/o/laixi/cases/LX-1?tab=history", "/o/laixi/chains?case=LX-1"} {
		if got := west.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s from the west: %d, want 404", path, got.status)
		}
	}
	for _, path := range []string{"/o/laixi/cases/LX-1", "/o/laixi/cases/LX-1/draft", "/o/laixi/cases/LX-1/contacts", "/o/laixi/cases/LX-1/samples"} {
		form := url.Values{"version": {"1"}, "seen": {"0"}, "hospital": {"x"}, "last_exposed": {"2022-03-10"}, "code": {"x"}}
		if got := west.post(path, form); got.status != http.StatusNotFound {
			t.Errorf("post %s from the west: %d, want 404", path, got.status)
		}
	}
	if got := c.caseNow(c.east.ID); got.Version != c.east.Version {
		t.Errorf("the east's case was changed: version %d", got.Version)
	}
	// The exports hold no more than the lists.
	csv := west.get("/o/laixi/cases/export?format=csv")
	csv.wants(t, http.StatusOK, []string{"SB-1"}, []string{"LX-1"})
	for _, format := range []string{"xlsx", "json", "geojson", "epicontacts"} {
		if got := west.get("/o/laixi/cases/export?format=" + format); got.status != http.StatusOK || len(got.body) == 0 || strings.Contains(got.body, "LX-1") {
			t.Errorf("%s: status %d, %d bytes", format, got.status, len(got.body))
		}
	}
	west.get("/o/laixi/cases/export?format=exe").wants(t, http.StatusUnprocessableEntity, nil, nil)
	// Each file is in the journal, with the number of its rows.
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.LatestEntries(0, 10)
		for _, e := range list {
			if e.Kind == journal.Exported && strings.Contains(string(e.Payload), `"format":"csv"`) {
				if !strings.Contains(string(e.Payload), `"rows":1`) || e.Actor != "epi-west" {
					t.Errorf("the export is noted as %s by %s", e.Payload, e.Actor)
				}
				return nil
			}
		}
		t.Error("the export is not in the journal")
		return err
	}))
	if got := c.as("calls").get("/o/laixi/cases/export?format=csv"); got.status != http.StatusForbidden {
		t.Errorf("export by a follow-up officer: %d, want 403", got.status)
	}
}

func TestCaseFilters(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	for _, tc := range []struct{ query, has, hasNot string }{
		{"class=confirmed&found=inside", "SB-1", "LX-1"},
		{"q=LX", "LX-1", "SB-1"},
		{"onset_from=2022-03-11", "", "LX-1"},
		{"onset_from=2022-03-10&onset_to=2022-03-10", "LX-1", ""},
		{"area=31", "LX-1", "SB-1"},
		{"outcome=died", "", "LX-1"},
		{"late=1", "SB-1", ""},
		{"field=cluster&value=7", "", "LX-1"},
	} {
		body := strings.ReplaceAll(duty.get("/o/laixi/cases?"+tc.query).body, `value="LX`, "")
		if tc.has != "" && !strings.Contains(body, ">"+tc.has+"<") || tc.hasNot != "" && strings.Contains(body, ">"+tc.hasNot+"<") {
			t.Errorf("cases?%s: wants %q and not %q", tc.query, tc.has, tc.hasNot)
		}
	}
	for _, bad := range []string{"class=ill", "sort=colour", "since=yesterday", "after=zzz", "found=moon"} {
		if got := duty.get("/o/laixi/cases?" + bad); got.status < 400 || got.status >= 500 {
			t.Errorf("cases?%s: %d, want a refusal", bad, got.status)
		}
	}
}

func TestNewCaseAsksAboutDuplicates(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	form := epi.get("/o/laixi/cases/new").form(t, "new")
	for name, v := range map[string]string{"code": "LX-2", "sex": "female", "age": "34", "area": "31", "onset": "2022-03-11", "class": "suspected"} {
		form.Set(name, v)
	}
	if got := epi.post("/o/laixi/cases", form); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/o/laixi/cases/LX-2") {
		t.Fatalf("enter a case: %d to %q", got.status, got.to)
	}
	form.Set("code", "LX-3")
	form.Set("onset", "2022-03-09")
	form.Set("age", "35")
	epi.post("/o/laixi/cases", form).wants(t, http.StatusConflict, []string{"LX-2", `name="sure"`, "onset"}, nil)
	// Somebody clearly else is nobody's duplicate.
	other := url.Values{}
	for k, v := range form {
		other[k] = v
	}
	other.Set("age", "80")
	other.Set("code", "LX-4")
	if got := epi.post("/o/laixi/cases", other); got.status != http.StatusSeeOther {
		t.Errorf("another person is asked about: %d", got.status)
	}
	form.Set("sure", "1")
	if got := epi.post("/o/laixi/cases", form); got.status != http.StatusSeeOther {
		t.Errorf("after looking: %d, want the case", got.status)
	}
	form.Set("code", "SB-1") // of another district: it is there, and nothing else is said
	form.Del("sure")
	epi.post("/o/laixi/cases", form).wants(t, http.StatusConflict, []string{"A case outside your area"}, []string{`/cases/SB-1"`})
	form.Set("code", "LX-9")
	form.Set("onset", "2022-04-01")
	form.Set("sure", "1")
	epi.post("/o/laixi/cases", form).wants(t, http.StatusUnprocessableEntity, []string{"lies in the future", `value="LX-9"`}, nil)
}

func TestSecondEditorIsTold(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	first := c.as("epi-east")
	path := "/o/laixi/cases/LX-1"
	mine := first.get(path+"?tab=investigation").form(t, "investigation")
	// Saving what is shown changes nothing, though instants are shown to the minute only.
	if got := first.post(path, mine); got.status != http.StatusSeeOther || c.caseNow(c.east.ID).Version != c.east.Version {
		t.Fatalf("saving an untouched form: %d, version %d", got.status, c.caseNow(c.east.ID).Version)
	}
	if _, err := c.cmds.CorrectCase(t.Context(), command.Owner("colleague"), command.CorrectCase{Case: c.east.ID, Version: c.east.Version, Fields: map[string]string{"onset": "2022-03-09", "hospital": "Third"}}); err != nil {
		t.Fatal(err)
	}
	mine.Set("onset", "2022-03-08")
	mine.Set("setting", "school")
	got := first.post(path, mine)
	got.wants(t, http.StatusConflict, []string{"colleague changed this record", "2022-03-10", "2022-03-09", "2022-03-08", "Third"}, nil)
	if k := c.caseNow(c.east.ID); k.Onset.String() != "2022-03-09" || k.Hospital != "Third" || k.Setting != "" {
		t.Fatalf("the second save overwrote: %+v", k)
	}
	// Saving again, told, keeps the colleague's other change and applies mine.
	again := got.form(t, "investigation")
	if again.Get("hospital") != "Third" || again.Get("onset") != "2022-03-08" || again.Get("setting") != "school" {
		t.Errorf("the form came back as %v", again)
	}
	if got := first.post(path, again); got.status != http.StatusSeeOther {
		t.Fatalf("saving after being told: %d", got.status)
	}
	if k := c.caseNow(c.east.ID); k.Onset.String() != "2022-03-08" || k.Hospital != "Third" || k.Setting != "school" {
		t.Errorf("after the second save: %+v", k)
	}
	first.get(path+"?tab=history").wants(t, http.StatusOK, []string{"colleague", "epi-east", "9 Mar 2022 → 8 Mar 2022"}, nil)
}

func TestDraft(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	path := "/o/laixi/cases/LX-1"
	form := epi.get(path+"?tab=investigation").form(t, "investigation")
	form.Set("hospital", "Second")
	form.Set("class", "discarded") // sets off orders: waits for the button
	form.Set("x.occupation", "nurse")
	got := epi.post(path+"/draft", form)
	var now struct{ Version, Seen string }
	if err := json.Unmarshal([]byte(got.body), &now); err != nil || got.status != http.StatusOK {
		t.Fatalf("draft: %d %s", got.status, got.body)
	}
	k := c.caseNow(c.east.ID)
	if k.Hospital != "Second" || k.Attributes["occupation"] != "nurse" || k.Class != cases.Confirmed || fmt.Sprint(k.Version) != now.Version {
		t.Fatalf("after the draft %+v, told %+v", k, now)
	}
	form.Set("hospital", "Fourth")
	if got := epi.post(path+"/draft", form); got.status != http.StatusConflict {
		t.Errorf("a draft on an old version: %d, want 409", got.status)
	}
	form.Set("version", now.Version)
	form.Set("seen", now.Seen)
	if got := epi.post(path+"/draft", form); got.status != http.StatusOK || c.caseNow(c.east.ID).Hospital != "Fourth" {
		t.Errorf("the next draft: %d %s", got.status, got.body)
	}
	form = epi.get(path+"?tab=investigation").form(t, "investigation")
	form.Set("onset", "2030-01-01")
	if got := epi.post(path+"/draft", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `"field":"onset"`) {
		t.Errorf("a wrong draft: %d %s", got.status, got.body)
	}
}

func TestBulkChange(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for i := range 5 {
		c.add(fmt.Sprintf("LX-1%d", i), "31", "community")
	}
	ref := func(k cases.Case) string { return fmt.Sprintf("%d.%d", k.ID, k.Version) }
	east := c.as("epi-east")
	east.post("/o/laixi/cases/bulk", url.Values{"id": {ref(c.east)}}).wants(t, http.StatusOK, []string{`name="field"`, ref(c.east)}, nil)
	// One of ours, one of another district, one on an old version.
	got := east.post("/o/laixi/cases/bulk", url.Values{"ids": {ref(c.east) + "," + ref(c.west) + "," + fmt.Sprintf("%d.9", c.east.ID+2)}, "field": {"hospital"}, "value": {"First"}, "reason": {"moved"}})
	got.wants(t, http.StatusOK, []string{`<span class="value">1</span>`, `<span class="value">2</span>`, "not allowed", "was changed meanwhile"}, []string{"SB-1"})
	if c.caseNow(c.east.ID).Hospital != "First" || c.caseNow(c.west.ID).Hospital != "" {
		t.Error("the bulk change reached the wrong cases")
	}
	// All of the list.
	got = east.post("/o/laixi/cases/bulk?q=LX-1", url.Values{"all": {"1"}, "field": {"area"}, "value": {"31"}})
	got.wants(t, http.StatusOK, []string{`<span class="value">6</span>`}, nil)
	got = east.post("/o/laixi/cases/bulk", url.Values{"all": {"1"}, "field": {"area"}, "value": {"32"}})
	got.wants(t, http.StatusOK, []string{"not allowed"}, nil) // a case cannot be pushed into a district where one may not write
	if c.caseNow(c.east.ID).Area != c.east.Area {
		t.Error("the case was moved")
	}
}

func TestContactFromListToCheck(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	form := epi.get("/o/laixi/cases/LX-1?tab=contacts").form(t, "add-contact")
	form.Set("code", "K-1")
	epi.post("/o/laixi/cases/LX-1/contacts", form).wants(t, http.StatusUnprocessableEntity, []string{"is needed", `value="K-1"`}, nil)
	form.Set("last_exposed", "2022-03-11")
	form.Set("relation", "classmate")
	if got := epi.post("/o/laixi/cases/LX-1/contacts", form); got.status != http.StatusSeeOther {
		t.Fatalf("list a contact: %d", got.status)
	}
	epi.get("/o/laixi/cases/LX-1?tab=contacts").wants(t, http.StatusOK, []string{"K-1", "classmate"}, nil)
	// Named by a document: the second time the register knows it, and the page says so.
	for i, says := range []string{"Saved", "The register knew the document"} {
		form.Del("code")
		form.Set("document", "110101199001010011")
		got := epi.post("/o/laixi/cases/LX-1/contacts", form)
		if got.status != http.StatusSeeOther {
			t.Fatalf("list somebody by a document, %d: %d", i, got.status)
		}
		epi.get(got.to).wants(t, http.StatusOK, []string{says}, nil)
	}
	epi.get("/o/laixi/contacts?case=LX-1&tier=close").wants(t, http.StatusOK, []string{"K-1", "/o/laixi/cases/LX-1"}, nil)
	c.as("epi-west").get("/o/laixi/contacts").wants(t, http.StatusOK, nil, []string{"K-1"})
	if got := c.as("epi-west").get("/o/laixi/contacts/K-1"); got.status != http.StatusNotFound {
		t.Errorf("the contact from the west: %d", got.status)
	}
	one := epi.get("/o/laixi/contacts/K-1")
	one.wants(t, http.StatusOK, []string{"classmate", "/o/laixi/cases/LX-1", "Reach the contact"}, nil)
	form = one.form(t, "expose")
	form.Set("case", "SB-1")
	form.Set("last", "2022-03-10")
	epi.post("/o/laixi/contacts/K-1/exposures", form).wants(t, http.StatusUnprocessableEntity, []string{"is the code of no case"}, nil) // it is the west's
	c.add("LX-7", "31", "community")
	form.Set("case", "LX-7")
	form.Set("said_by", "the teacher")
	if got := epi.post("/o/laixi/contacts/K-1/exposures", form); got.status != http.StatusSeeOther {
		t.Fatalf("add an exposure: %d %s", got.status, got.body)
	}
	one = epi.get("/o/laixi/contacts/K-1")
	one.wants(t, http.StatusOK, []string{"/o/laixi/cases/LX-7", "the teacher"}, nil)
	epi.get("/o/laixi/cases/LX-7?tab=contacts").wants(t, http.StatusOK, []string{"K-1", "2022-03-10"}, nil)
	form = one.form(t, "unexpose")
	epi.post("/o/laixi/contacts/K-1/exposures/end", form).wants(t, http.StatusUnprocessableEntity, []string{"is needed: why"}, nil)
	form.Set("reason", "sat elsewhere")
	if got := epi.post("/o/laixi/contacts/K-1/exposures/end", form); got.status != http.StatusSeeOther {
		t.Fatalf("end an exposure: %d %s", got.status, got.body)
	}
	epi.get("/o/laixi/contacts/K-1").wants(t, http.StatusOK, []string{"sat elsewhere"}, nil)
	calls := c.as("calls")
	calls.get("/o/laixi/followup").wants(t, http.StatusOK, nil, nil)
	if got := calls.post("/o/laixi/followup/K-1?slot=0", url.Values{"result": {"symptoms"}}); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/o/laixi/contacts/K-1") {
		t.Errorf("symptoms by one tap: %d to %q", got.status, got.to)
	}
	if got := calls.post("/o/laixi/followup/K-1?slot=0", url.Values{"result": {"fine"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("an answer that is none: %d", got.status)
	}
	calls.get("/o/laixi/contacts/K-1").wants(t, http.StatusOK, []string{"Symptoms", "ill in another way"}, []string{`id="samples"`})
	form = epi.get("/o/laixi/contacts/K-1").form(t, "take")
	form.Set("code", "T-1")
	if got := epi.post("/o/laixi/contacts/K-1/samples", form); got.status != http.StatusSeeOther {
		t.Fatalf("take a specimen: %d %s", got.status, got.body)
	}
	epi.get("/o/laixi/contacts/K-1").wants(t, http.StatusOK, []string{"T-1", "awaited"}, nil)
	form = epi.get("/o/laixi/contacts/K-1").form(t, "correct")
	form.Set("state", "lost")
	epi.post("/o/laixi/contacts/K-1", form).wants(t, http.StatusUnprocessableEntity, []string{"is needed to end"}, nil)
	form.Set("reason", "moved away")
	if got := epi.post("/o/laixi/contacts/K-1", form); got.status != http.StatusSeeOther {
		t.Fatalf("end follow-up: %d", got.status)
	}
	form.Set("relation", "cousin")
	epi.post("/o/laixi/contacts/K-1", form).wants(t, http.StatusConflict, []string{"changed this record"}, nil)
	epi.get("/o/laixi/contacts/export?format=csv").wants(t, http.StatusOK, []string{"K-1,", "LX-7", "2022-03-10"}, nil) // the exposure to LX-1 was taken back
}

func TestChainsKeepToTheirDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	k := c.add("LX-2", "31", "community")
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddLinks([]store.NewLink{
			{Link: cases.Link{Outbreak: c.east.Outbreak, From: c.east.ID, To: k.ID, FromCode: "LX-1", ToCode: "LX-2", Kind: cases.Transmission}, Origin: task.FactRef{Seq: 1}},
			{Link: cases.Link{Outbreak: c.east.Outbreak, From: k.ID, To: c.west.ID, FromCode: "LX-2", ToCode: "SB-1", Kind: cases.Transmission}, Origin: task.FactRef{Seq: 1}},
			{Link: cases.Link{Outbreak: c.east.Outbreak, To: k.ID, FromCode: "GHOST", ToCode: "LX-2", Kind: cases.Transmission}, Origin: task.FactRef{Seq: 1}},
		})
		return err
	}))
	c.as("duty").get("/o/laixi/chains").wants(t, http.StatusOK, []string{"LX-1", "LX-2", "SB-1", "chains/unresolved", "#1"}, nil)
	east := c.as("epi-east")
	east.get("/o/laixi/chains").wants(t, http.StatusOK, []string{"LX-1", "LX-2"}, []string{"SB-1"})
	east.get("/o/laixi/cases/LX-2?tab=chain").wants(t, http.StatusOK, []string{"LX-1"}, []string{"SB-1"})
	page := east.get("/o/laixi/chains/unresolved")
	page.wants(t, http.StatusOK, []string{"GHOST ?", "LX-2"}, nil)
	form := page.form(t, "resolve")
	east.get("/o/laixi/chains/export").wants(t, http.StatusOK, []string{"1,LX-1,2022-03-10,confirmed,0,1", "1,LX-2,2022-03-10,confirmed,1,1"}, []string{"SB-1"})
	west := c.as("epi-west")
	west.get("/o/laixi/chains/unresolved").wants(t, http.StatusOK, nil, []string{"GHOST"})
	form.Set("case", "LX-3")
	form.Set("do", "resolve")
	form.Set("reason", "the cousin from LX")
	if got := west.post("/o/laixi/chains/unresolved", form); got.status != http.StatusNotFound {
		t.Errorf("the west settles a link of the east: %d", got.status)
	}
	east.post("/o/laixi/chains/unresolved", form).wants(t, http.StatusUnprocessableEntity, []string{"is the code of no case"}, nil)
	c.add("LX-3", "31", "community")
	if got := east.post("/o/laixi/chains/unresolved", form); got.status != http.StatusSeeOther {
		t.Fatalf("settle a link: %d %s", got.status, got.body)
	}
	east.get("/o/laixi/chains/unresolved").wants(t, http.StatusOK, nil, []string{"GHOST"})
	east.get("/o/laixi/cases/LX-2?tab=chain").wants(t, http.StatusOK, []string{"LX-3"}, nil)
}

// TestScreensSpeakChinese: no page has a text that a catalogue lacks, in either language.
func TestScreensSpeakChinese(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	if _, err := c.cmds.ListContact(t.Context(), command.Owner("test"), command.ListContact{Outbreak: "laixi", Code: "K-1", Case: c.east.ID, Fields: map[string]string{"last_exposed": "2022-03-11"}}); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		b := c.as("epi-east")
		b.lang = lang
		for _, path := range []string{"cases", "cases/new", "cases/LX-1", "cases/LX-1?tab=investigation", "cases/LX-1?tab=contacts", "cases/LX-1?tab=samples", "cases/LX-1?tab=chain", "cases/LX-1?tab=orders",
			"cases/LX-1?tab=history", "contacts", "contacts/K-1", "chains", "chains/unresolved"} {
			got := b.get("/o/laixi/" + path)
			got.wants(t, http.StatusOK, nil, []string{"<no value>"})
			if t.Failed() {
				t.Fatalf("%s in %s", path, lang)
			}
		}
	}
}
