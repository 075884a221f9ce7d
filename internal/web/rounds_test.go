package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/vault"
)

// settle enters people of a district, each with a name in the vault.
func (c *city) settle(code string, n int) (out []person.ID) {
	c.t.Helper()
	tree, err := c.db.Tree(c.t.Context())
	c.must(err)
	j, _ := tree.ByCode(code)
	list := make([]person.Person, n)
	for i := range list {
		list[i] = person.Person{Area: j.ID, District: j.ID, Age: person.Age(20 + i), Sex: person.Female}
	}
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		if err := tx.AddPeople(list); err != nil {
			return err
		}
		var names []store.IdentityValue
		for i, p := range list {
			names = append(names, store.IdentityValue{Person: p.ID, Field: vault.FieldName, Value: vault.NewSecret(fmt.Sprintf("Resident %s-%d", code, i))})
		}
		if err := c.cmds.Identities().Add(tx, "test", names); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		return err
	}))
	for _, p := range list {
		out = append(out, p.ID)
	}
	return out
}

// tube registers a tube of a round, as the capture service does.
func (c *city) tube(r screening.Round, s screening.SiteID, code string, at time.Time, people ...person.ID) {
	c.t.Helper()
	var members []screening.Sampled
	for _, p := range people {
		members = append(members, screening.Sampled{Person: p, At: at})
	}
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: r.Outbreak, Subject: store.RoundSubject(r.ID)})
		if err != nil {
			return err
		}
		list := []store.Tube{{Outbreak: r.Outbreak, Round: r.ID, Site: s, Device: 1, Code: code, Kind: screening.Pool, People: len(people), Members: screening.PackMembers(members, at), ClosedAt: at, ReceivedAt: at, Changed: ref.Seq}}
		if err := tx.PlaceAwaited(list); err != nil {
			return err
		}
		return tx.AddTubes(list)
	}))
}

// counted makes the site count, as the server does.
func (c *city) counted() {
	c.t.Helper()
	t := turnout.New(turnout.Options{DB: c.db})
	c.must(t.Build(c.t.Context()))
	c.site.Turnout = t
}

// round reads the round of a number.
func (c *city) round(n int64) (r screening.Round) {
	c.t.Helper()
	c.must(c.db.View(c.t.Context(), func(rd *store.Reader) error {
		o, err := rd.OutbreakByName("laixi")
		if err == nil {
			r, err = rd.RoundByNumber(o.ID, n)
		}
		return err
	}))
	return r
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// TestRoundFromPlanToSignature plans a round, adds a site, invites a phone, opens, sees coverage move, finds who is missing at their doors, closes, and signs the account.
func TestRoundFromPlanToSignature(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	east, west := c.settle("31", 12), c.settle("32", 5)
	coord := c.as("coord")
	coord.get("/o/laixi/rounds").wants(t, http.StatusOK, []string{"No round yet", "/o/laixi/rounds/new"}, nil)
	coord.get("/o/laixi/rounds/new").wants(t, http.StatusOK, []string{`value="31"`, `name="starts_at" value="2022-03-12T22:00"`}, nil)

	plan := form("name", "Everybody", "areas", "31", "areas", "32", "starts_at", "2022-03-12T18:00", "ends_at", "2022-03-13T18:00", "pool", "10")
	bad := form("areas", "99", "starts_at", "2022-03-12T18:00", "ends_at", "2022-03-13T18:00", "pool", "10")
	coord.post("/o/laixi/rounds", bad).wants(t, http.StatusUnprocessableEntity, []string{"99 is not the code of a known jurisdiction"}, nil)
	if a := coord.post("/o/laixi/rounds", plan); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/o/laixi/rounds/1?") {
		t.Fatalf("planned: %d %s", a.status, a.to)
	}
	const at = "/o/laixi/rounds/1"
	coord.get(at).wants(t, http.StatusOK, []string{"This round is not open yet", "Open the round", "Round 1 · Everybody"}, []string{"Close the round"})
	edit := form("version", "1", "name", "Whole city", "areas", "3", "starts_at", "2022-03-12T18:00", "ends_at", "2022-03-13T20:00", "pool", "10")
	coord.post(at, edit).wants(t, http.StatusSeeOther, nil, nil)
	coord.post(at, edit).wants(t, http.StatusConflict, []string{"Somebody else changed this meanwhile"}, nil)

	coord.post("/o/laixi/sites", form("code", "S-1", "area", "31", "lanes", "none")).wants(t, http.StatusUnprocessableEntity, []string{"is a number from 1 to 500", `value="S-1"`}, nil)
	coord.post("/o/laixi/sites", form("code", "S-1", "area", "31", "lanes", "2", "lon", "120.5", "lat", "36.8")).wants(t, http.StatusSeeOther, nil, nil)
	coord.post("/o/laixi/sites/import", form("rows", "code\tarea\tlanes\nS-2\t32\t4\nS-2\t32\t4\n")).wants(t, http.StatusUnprocessableEntity, []string{"line 3, code"}, nil)
	coord.post("/o/laixi/sites/import", form("rows", "S-2;Sports hall;32;4")).wants(t, http.StatusSeeOther, nil, nil)
	coord.get("/o/laixi/sites").wants(t, http.StatusOK, []string{"S-1", "Sports hall", "sites.geojson"}, nil)
	coord.get("/o/laixi/sites.geojson").wants(t, http.StatusOK, []string{`"coordinates":[120.5,36.8]`}, []string{"S-2"})

	sheet := coord.post("/o/laixi/sites/1/invite", form("desks", "1-2, reserve"))
	sheet.wants(t, http.StatusOK, []string{"Desk reserve", "lead", `<path class="dark"`, "/desk/#invite="}, nil)
	links := regexp.MustCompile(`(http://[^<]*/desk/#invite=[^<]*)</p>`).FindAllStringSubmatch(sheet.body, -1)
	if len(links) != 3 || links[0][1] == links[1][1] {
		t.Fatalf("invitations: %v", links)
	}
	_, err := c.cmds.EnrolDevice(t.Context(), links[0][1][strings.Index(links[0][1], "invite=")+7:])
	c.must(err)
	coord.get("/o/laixi/sites/1").wants(t, http.StatusOK, []string{"enrolled", "invited, until", "Sign off"}, nil)
	coord.post("/o/laixi/sites/2/revoke", form("device", "1", "reason", "lost")).wants(t, http.StatusNotFound, nil, nil) // another site's
	coord.post("/o/laixi/sites/1/revoke", form("device", "1", "reason", "lost")).wants(t, http.StatusSeeOther, nil, nil)
	coord.post("/o/laixi/sites/1/invite", form("desks", "1-99")).wants(t, http.StatusUnprocessableEntity, []string{"is no run of at most 24 desks"}, nil)

	coord.post(at+"/state", form("to", "open", "version", "2")).wants(t, http.StatusSeeOther, nil, nil)
	c.counted()
	coord.get(at).wants(t, http.StatusOK, []string{"0.0 %", "Too early to say when", ">19<", "Close the round", "data-chart"}, nil)
	r := c.round(1)
	c.tube(r, 1, "T-1", now.Add(-2*time.Hour), east[:10]...)
	c.counted()
	coord.get("/o/laixi/now?part=duties").wants(t, http.StatusOK, []string{`<a href="/o/laixi/rounds/1"><b>10</b> of 19</a> <span class="unit">people</span>`}, nil)
	coord.get("/o/laixi/now?part=duties&area=32").wants(t, http.StatusOK, []string{`<a href="/o/laixi/rounds/1?area=32"><b>0</b> of 6</a>`}, nil)
	c.as("viewer").get("/o/laixi/now?part=duties").wants(t, http.StatusOK, []string{"of 19"}, nil)
	page := coord.get(at)
	page.wants(t, http.StatusOK, []string{"52.6 %", "Laixi", "Shibei"}, nil)
	coord.get(at+"?part=areas").wants(t, http.StatusOK, []string{`href="/o/laixi/rounds/1?area=32"`, "6</a>"}, []string{"<html"})
	coord.get(at).wants(t, http.StatusOK, nil, []string{"{areas"}) // whose residents are due stands beside a table of areas
	coord.get(at+"?area=32").wants(t, http.StatusOK, []string{"0.0 %"}, []string{"52.6 %"})

	// Whoever has one district sees its part; another sees nothing of it.
	c.as("epi-west").get(at).wants(t, http.StatusOK, []string{"0.0 %"}, []string{"52.6 %", "Close the round"})
	c.as("epi-west").get(at+"/missing").wants(t, http.StatusOK, []string{"6 of 6 people due"}, []string{"Resident"})
	c.as("epi-west").post(at+"/state", form("to", "close", "version", "3")).wants(t, http.StatusForbidden, nil, nil)
	c.as("viewer").get(at).wants(t, http.StatusForbidden, nil, nil)

	missing := coord.get(at + "/missing?area=31")
	var east10, east11 string
	c.must(c.db.View(t.Context(), func(rd *store.Reader) error {
		v, err := c.cmds.Identities().Vault(rd)
		if err == nil {
			east10, east11 = v.PersonCode(east[10]), v.PersonCode(east[11])
		}
		return err
	}))
	missing.wants(t, http.StatusOK, []string{"3 of 13 people due", `name="code" value="` + east10 + `"`}, []string{"Resident 31-10"})
	coord.post(at+"/missing/names?area=31", form("purpose", "screening", "reason", "")).wants(t, http.StatusUnprocessableEntity, nil, []string{"Resident 31"})
	coord.post(at+"/missing/names?area=31", form("purpose", "screening", "reason", "door to door")).wants(t, http.StatusOK, []string{"Resident 31-10", "Resident 31-11"}, []string{"Resident 31-9", "Resident 32"})
	var read int
	c.must(c.db.View(t.Context(), func(rd *store.Reader) error {
		list, err := rd.LatestEntries(0, 500)
		for _, e := range list {
			if e.Kind == journal.NameRead && strings.Contains(string(e.Payload), "door to door") {
				read++
			}
		}
		return err
	}))
	if read != 1 {
		t.Errorf("%d entries tell whose doors were read, want one that names the three", read)
	}
	c.as("epi-west").post(at+"/missing/names?area=31", form("purpose", "case-investigation", "reason", "curious")).wants(t, http.StatusNotFound, nil, []string{"Resident"})
	coord.get(at+"/missing/export?area=31").wants(t, http.StatusOK, []string{"person,area,area_name,household,age,sex", ",31,Laixi,,30,female"}, []string{"Resident"})

	coord.post(at+"/missing/stand?area=31", form("standing", "exempt", "reason", "in hospital", "code", east10)).wants(t, http.StatusSeeOther, nil, nil)
	coord.post(at+"/missing/stand", form("standing", "refused", "reason", "")).wants(t, http.StatusSeeOther, nil, nil) // nobody ticked
	c.as("epi-west").post(at+"/missing/stand", form("standing", "exempt", "reason", "x", "code", east11)).wants(t, http.StatusForbidden, nil, nil)
	c.counted()
	coord.get(at+"/standings").wants(t, http.StatusOK, []string{"in hospital", "Exempt"}, nil)
	coord.get(at+"/missing?area=31").wants(t, http.StatusOK, []string{"2 of 13 people due"}, nil)

	// A community worker says it of those of their own area, in a round of the whole city, and of nobody else.
	var east11West [2]string
	c.must(c.db.View(t.Context(), func(rd *store.Reader) error {
		v, err := c.cmds.Identities().Vault(rd)
		if err == nil {
			east11West = [2]string{v.PersonCode(east[11]), v.PersonCode(west[0])}
		}
		return err
	}))
	worker := c.as("worker-east")
	worker.get(at+"/missing").wants(t, http.StatusOK, []string{`name="code" value="` + east11West[0] + `"`}, []string{east11West[1], "Close the round"})
	worker.post(at+"/missing/stand", form("standing", "refused", "reason", "spoken to at the door", "code", east11West[1])).wants(t, http.StatusForbidden, nil, nil)
	worker.post(at+"/missing/stand", form("standing", "refused", "reason", "spoken to at the door", "code", east11West[0])).wants(t, http.StatusSeeOther, nil, nil)
	worker.get(at+"/standings").wants(t, http.StatusOK, []string{"spoken to at the door", `<option value="` + east11West[0] + `"`}, nil)
	c.as("epi-east").get(at+"/standings").wants(t, http.StatusOK, []string{"spoken to at the door"}, []string{"<option value=\"" + east11West[0]})
	worker.post(at+"/missing/stand", form("standing", "", "reason", "will come", "code", east11West[0], "back", "standings")).wants(t, http.StatusSeeOther, nil, nil)
	c.counted()

	coord.post("/o/laixi/sites/1/state", form("queue", "50")).wants(t, http.StatusSeeOther, nil, nil)
	coord.get("/o/laixi/sites/1").wants(t, http.StatusOK, []string{"50 people, as reported"}, nil)
	coord.post("/o/laixi/sites/1/state", form("queue", "many")).wants(t, http.StatusUnprocessableEntity, nil, nil)

	coord.get(at+"/tubes?q=T-1").wants(t, http.StatusOK, []string{"T-1", "not packed yet"}, nil)
	coord.get(at+"/tubes?state=waiting").wants(t, http.StatusOK, []string{"No row matches"}, nil)
	coord.get(at+"/tubes?state=nowhere").wants(t, http.StatusUnprocessableEntity, nil, nil)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		return tx.AddAside([]store.AsideTube{{Outbreak: r.Outbreak, Round: r.ID, Site: 1, District: c.east.Area, Device: 1, Code: "T-9", Reason: screening.TubeUsed, People: 3, Sealed: []byte{1}, AsideAt: now}})
	}))
	coord.get(at+"/aside").wants(t, http.StatusOK, []string{"T-9", "its label was used before"}, nil)
	coord.get(at+"/aside/1").wants(t, http.StatusOK, []string{"Do not take it"}, []string{"Correct it and take it"}) // nobody sealed it: it cannot be opened
	coord.get(at+"/aside/9").wants(t, http.StatusNotFound, nil, nil)
	c.as("epi-west").get(at+"/aside/1").wants(t, http.StatusForbidden, nil, nil)
	coord.post(at+"/aside", form("tube", "1", "note", "the three were called")).wants(t, http.StatusSeeOther, nil, nil)
	coord.post(at+"/aside", form("tube", "1", "note", "again")).wants(t, http.StatusSeeOther, nil, nil)
	coord.get(at+"/aside").wants(t, http.StatusOK, []string{"the three were called"}, []string{"again"})

	coord.get(at+"/account").wants(t, http.StatusOK, []string{"It is signed when the round is closed"}, []string{`id="sign"`})
	c.as("epi-west").get(at+"/account").wants(t, http.StatusOK, []string{"you see a part of it"}, nil)
	coord.post(at+"/state", form("to", "close", "version", "3")).wants(t, http.StatusSeeOther, nil, nil)
	c.counted()
	if sheets := coord.get(at + "/account?as=pdf"); sheets.status != http.StatusOK || sheets.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(sheets.body, "%PDF-") {
		t.Errorf("the account as a PDF: %d, %s", sheets.status, sheets.header.Get("Content-Type"))
	}
	if page := coord.get(at + "?as=pdf"); page.header.Get("Content-Type") == "application/pdf" {
		t.Error("a page that is not made to be printed came as a PDF")
	}
	account := coord.get(at + "/account")
	account.wants(t, http.StatusOK, []string{"8 people were due and were neither sampled nor spared", "1 tube is in no box"}, nil)
	seen := regexp.MustCompile(`name="account" value="([^"]*)"`).FindStringSubmatch(account.body)
	if seen == nil {
		t.Fatal("the account cannot be signed")
	}
	text := strings.NewReplacer("&#34;", `"`, "&quot;", `"`).Replace(seen[1])
	sign := form("version", "4", "account", text, "signer", "", "note", "")
	coord.post(at+"/account", sign).wants(t, http.StatusUnprocessableEntity, []string{"Say who stands for this account"}, nil)
	sign.Set("signer", "Li Wei, coordinator")
	coord.post(at+"/account", sign).wants(t, http.StatusUnprocessableEntity, []string{"Say what became of what does not add up"}, nil)
	sign.Set("note", "community workers go on tomorrow")
	sign.Set("account", strings.Replace(text, `"missing":8`, `"missing":0`, 1))
	coord.post(at+"/account", sign).wants(t, http.StatusConflict, []string{"look at the numbers again"}, nil)
	sign.Set("account", text)
	coord.post(at+"/account", sign).wants(t, http.StatusSeeOther, nil, nil)
	coord.get(at+"/account").wants(t, http.StatusOK, []string{"Li Wei, coordinator", "community workers go on tomorrow", "SHA-256"}, []string{`id="sign"`, "since it was signed"})
	c.tube(r, 1, "T-2", now, west[0]) // late
	coord.get(at+"/account").wants(t, http.StatusOK, []string{"since it was signed"}, nil)
	coord.get("/o/laixi/now").wants(t, http.StatusOK, []string{"account of a round signed"}, nil)
}

// TestDoorLists: a community worker walks a community building by building. Doors and names are shown for a purpose, and written down.
func TestDoorLists(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	const register = "document,name,community code,building,door,phone\nD1,Wang,31,12号楼,301,13800000001\nD2,Li,31,3号楼,102,\nD3,Zhang,31,12号楼,9,\nD4,Chen,31,,,\nD5,Zhou,31,3号楼,101,\n"
	_, err := c.cmds.ImportPeople(t.Context(), command.Owner("test"), command.ImportPeople{Outbreak: "laixi", Source: exchange.NewSource("people.csv", strings.NewReader(register), int64(len(register)))})
	c.must(err)
	r, _ := c.open("31")
	c.counted()
	worker := c.as("worker-east")
	page := worker.get("/o/laixi/rounds/1/missing?area=31")
	page.wants(t, http.StatusOK, []string{"By building", "3号楼", "12号楼, Laixi", "building not known"}, []string{"Wang", ">301<", "13800000001"})
	if three, twelve := strings.Index(page.body, ">3号楼<"), strings.Index(page.body, ">12号楼<"); three < 0 || three > twelve {
		t.Errorf("buildings do not come as people read their names: %d, %d", three, twelve)
	}
	link := regexp.MustCompile(`href="([^"]*building=[^"]*)">12号楼<`).FindStringSubmatch(page.body)
	if link == nil {
		t.Fatal("a building leads nowhere")
	}
	at := strings.ReplaceAll(link[1], "&amp;", "&")
	worker.get(at).wants(t, http.StatusOK, []string{"Who is missing: 12号楼, Laixi", "all buildings"}, []string{"3号楼", ">301<"})
	names := strings.Replace(at, "/missing?", "/missing/names?", 1)
	worker.post(names, form("purpose", "screening", "reason", "")).wants(t, http.StatusUnprocessableEntity, nil, []string{">301<"})
	worker.post(names, form("purpose", "screening", "reason", "evening walk")).wants(t, http.StatusOK, []string{"Wang", "Zhang", ">301<", ">9<", "13800000001"}, []string{"Chen", "Li<"})
	worker.get("/o/laixi/rounds/1/missing?area=31&building=x").wants(t, http.StatusUnprocessableEntity, nil, nil)
	// Whoever was sampled is in no list.
	var d1 person.ID
	c.must(c.db.View(t.Context(), func(rd *store.Reader) error {
		found, err := c.cmds.Identities().FindMany(rd, vault.FieldDocument, []vault.Secret{vault.NewSecret("D1")})
		if err == nil {
			d1 = found[0][0]
		}
		return err
	}))
	c.tube(r, 1, "T-1", now, d1)
	c.counted()
	worker.post(names, form("purpose", "screening", "reason", "evening walk")).wants(t, http.StatusOK, []string{"Zhang"}, []string{"Wang"})
	c.as("epi-west").post(names, form("purpose", "case-investigation", "reason", "curious")).wants(t, http.StatusNotFound, nil, []string{"Zhang"})
}
