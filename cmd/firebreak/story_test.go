package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firebreak/internal/api"
)

// story is the whole program, with people at it, on the clock of a drill.
type story struct {
	t      *testing.T
	dir    string
	url    string
	tokens map[string]string // of people, by login

	troubled bool // something went wrong on the road just now
}

// people are who plays: the role, why they read records, and what their token is for.
var people = map[string]struct{ role, purpose, scopes string }{
	"admin":    {"administrator", "administration", "outbreak.admin"},
	"auditor":  {"auditor", "audit", "audit.read"},
	"epi":      {"epidemiologist", "contact-tracing", "case.read,case.write,contact.read,contact.write,task.read,task.complete"},
	"desk":     {"transfer-dispatcher", "transfer", "transfer.read,transfer.write,task.read"},
	"site":     {"isolation-staff", "isolation", "isolation.read,isolation.write,facility.write,follow-up.write,sample.write,task.read"},
	"hospital": {"hospital", "care", "care.read,care.write,facility.write,case.read,task.read"},
	"lab":      {"laboratory", "screening", "result.write,sample.read"},
	"duty":     {"duty-officer", "command", "task.read,case.read,contact.read"},
	"coord":    {"screening-coordinator", "screening", "screening.read,screening.write"},
}

// cli runs the program on the folder and returns what it said.
func (s *story) cli(args ...string) string {
	s.t.Helper()
	var out, said bytes.Buffer
	p := &process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said, Getenv: func(string) string { return "" }, Now: time.Now, User: "story"}
	if code := execute(s.t.Context(), p); code != codeOK {
		s.t.Fatalf("firebreak %s: code %d: %s%s", strings.Join(args, " "), code, out.String(), said.String())
	}
	return out.String()
}

// file writes an input.
func (s *story) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// as sends a request as one of the people, wants it done and reads the answer into out, where there is one.
func (s *story) as(who, method, path string, in, out any) {
	s.t.Helper()
	s.send(http.Header{"Authorization": {"Bearer " + s.tokens[who]}, "Firebreak-Purpose": {people[who].purpose}}, method, path, in, out)
}

func (s *story) send(head http.Header, method, path string, in, out any) {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			s.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = head
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		s.t.Fatalf("%s %s: %d: %s", method, path, res.StatusCode, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// until moves the clock.
func (s *story) until(at time.Time) {
	s.t.Helper()
	s.as("admin", "PUT", "/api/drill/clock", api.NewClock{To: at}, nil)
}

// now is what the clock shows.
func (s *story) now() time.Time {
	s.t.Helper()
	var d api.Drill
	s.as("admin", "GET", "/api/drill", nil, &d)
	return d.Clock
}

func (s *story) tasks(query string) []api.Task {
	s.t.Helper()
	var list api.Tasks
	s.as("duty", "GET", "/api/outbreaks/laixi/tasks?limit=200&"+query, nil, &list)
	return list.Items
}

func (s *story) board() api.TransferBoard {
	s.t.Helper()
	var b api.TransferBoard
	s.as("desk", "GET", "/api/outbreaks/laixi/transfers/board", nil, &b)
	return b
}

// drive plans, and then does what the plan says, stop by stop and minute by minute, until nobody waits. trouble, if any, is asked after each step whether something
// happened that asks for another plan; it is asked no more once it did.
func (s *story) drive(trouble func(trip int64, told api.TripTold) bool) {
	s.t.Helper()
	var plan api.TransferPlanView
	s.as("desk", "POST", "/api/outbreaks/laixi/transfers/plan", nil, &plan)
	if len(plan.Unserved) > 0 || !s.troubled && (!plan.InTime || len(plan.Late) > 0) { // after trouble people are fetched later than they were promised; whether in time, their tasks say
		s.t.Fatalf("the plan: %+v", plan)
	}
	type step struct {
		at   time.Time
		trip int64
		told api.TripTold
	}
	var steps []step
	for _, v := range s.board().Vehicles {
		for _, trip := range v.Trips {
			if trip.State != "planned" {
				continue
			}
			steps = append(steps, step{*trip.Leaves, trip.ID, api.TripTold{What: "start"}})
			for _, stop := range trip.Stops {
				what := "fetched"
				if stop.Party == 0 {
					what = "off"
				}
				steps = append(steps, step{*stop.Begin, trip.ID, api.TripTold{What: "came", Party: stop.Party}}, step{*stop.Done, trip.ID, api.TripTold{What: what, Party: stop.Party, Gave: "a", Took: "b"}})
			}
		}
	}
	if len(steps) == 0 {
		s.t.Fatal("the plan sends nobody")
	}
	for len(steps) > 0 {
		first := 0
		for i := range steps {
			if steps[i].at.Before(steps[first].at) {
				first = i
			}
		}
		x := steps[first]
		steps = append(steps[:first], steps[first+1:]...)
		if s.now().Before(x.at) {
			s.until(x.at)
		}
		s.as("desk", "POST", fmt.Sprintf("/api/trips/%d/told", x.trip), x.told, nil)
		if trouble != nil && trouble(x.trip, x.told) {
			s.troubled = true
			s.drive(nil)
			s.troubled = false
			return
		}
	}
	if left := s.board().Requests; len(left) > 0 {
		s.t.Fatalf("after all trips somebody still waits: %+v", left)
	}
}

// pooled is how the first case is found: a tube of three of a round is positive at nine, each of them is sampled again alone, and at noon it is known who it was.
func (s *story) pooled(day func(d, hour, minute int) time.Time) api.Case {
	s.t.Helper()
	const at = "/api/outbreaks/laixi"
	s.as("coord", "POST", at+"/laboratories", api.NewLaboratory{Code: "L1", Area: "370285", PerHour: 500}, nil)
	var sites api.Sites
	s.as("coord", "POST", at+"/sites", api.NewSites{Sites: []api.NewSite{{Code: "S1", Area: "370285"}}}, &sites)
	var invited api.Invited
	s.as("coord", "POST", at+"/sites/S1/devices", api.NewDevice{Desk: "1"}, &invited)
	var phone struct {
		Key    string
		Device int64
	}
	s.device("", "/capture/v1/devices", map[string]string{"invitation": invited.Secret}, &phone)
	var round api.Round
	s.as("coord", "POST", at+"/rounds", api.NewRound{Name: "the school", Areas: []string{"370285"}, StartsAt: day(0, 6, 30), EndsAt: day(1, 6, 30), Pool: 10}, &round)
	s.as("coord", "POST", fmt.Sprintf("%s/rounds/%d/state", at, round.Number), api.RoundState{State: "open"}, nil)
	s.until(day(0, 7, 0))
	stamp := day(0, 6, 45).Format(time.RFC3339)
	member := func(document string) map[string]string {
		return map[string]string{"document": document, "name": "somebody", "at": stamp}
	}
	var taken struct{ Tubes int }
	s.device(phone.Key, "/capture/v1/batches", map[string]any{"device": phone.Device, "seq": 1, "round": round.ID, "site": sites.Items[0].ID, "tubes": []any{map[string]any{
		"code": "T1", "kind": "pool", "closed_at": stamp, "members": []any{member("pupil"), member("teacher"), member("cook")}}}}, &taken)
	if taken.Tubes != 1 {
		s.t.Fatal("the tube was not taken")
	}
	s.until(day(0, 9, 0))
	s.as("lab", "POST", at+"/laboratories/L1/tube-results", api.TubeResults{Rows: []api.TubeResultRow{{Tube: "T1", Result: "positive"}}}, nil)

	again := s.tasks("kind=resample_single&state=open")
	if len(again) != 3 {
		s.t.Fatalf("of three in a positive tube, to be sampled again alone: %+v", again)
	}
	s.until(day(0, 9, 30))
	specimens := make([]api.Specimen, len(again))
	for i, x := range again {
		s.as("site", "POST", "/api/specimens", api.NewSpecimen{Person: x.Subject.ID, Outbreak: "laixi"}, &specimens[i])
	}
	s.until(day(0, 12, 0))
	for i, x := range specimens {
		result := "negative"
		if i == 0 {
			result = "positive"
		}
		s.as("lab", "PUT", fmt.Sprintf("/api/specimens/%d/result", x.ID), api.Result{Result: result}, nil)
	}
	for _, x := range append(s.tasks("kind=resample_single"), s.tasks("kind=hold_person")...) {
		if x.State == "open" || x.Late {
			s.t.Errorf("after the single results: %+v", x)
		}
	}
	var list api.Cases
	s.as("epi", "GET", at+"/cases", nil, &list)
	if len(list.Items) != 1 || list.Items[0].Class != "asymptomatic" {
		s.t.Fatalf("after one positive of three: %+v", list.Items)
	}
	return list.Items[0]
}

// device sends a request as a phone with a key; without one as a phone that enrols.
func (s *story) device(key, path string, in, out any) {
	s.t.Helper()
	s.send(http.Header{"Authorization": {"Bearer " + key}}, "POST", path, in, out)
}

// TestStory is the loop, through the program: a positive tube at nine, the result of one alone at noon, contacts from visits, vehicles, beds, checks, a contact who turns positive on the third day, and
// releases; nothing late. Once as planned, and once with the bus breaking down with a contact in it while the site they were to be brought to fills up.
func TestStory(t *testing.T) {
	t.Parallel()
	t.Run("as planned", func(t *testing.T) {
		t.Parallel()
		theStory(t, false)
	})
	t.Run("with trouble", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			t.Skip("the same code once more; make test runs it without the race detector")
		}
		theStory(t, true)
	})
}

func theStory(t *testing.T, trouble bool) {
	s := &story{t: t, dir: filepath.Join(t.TempDir(), "data"), tokens: map[string]string{}}
	day := func(d, hour, minute int) time.Time {
		return time.Date(2022, 3, 5+d, hour, minute, 0, 0, time.FixedZone("UTC+8", 8*3600))
	}
	s.cli("clock", "begin", "--data", s.dir, day(0, 6, 0).Format(time.RFC3339))
	s.cli("areas", "import", "--data", s.dir, "--qingdao")
	s.cli("outbreak", "start", "laixi", "--data", s.dir, "--pack", "covid19/2022-v9", "--area", "370285", "--zone", "Asia/Shanghai")
	for login, p := range people {
		s.cli("user", "add", login, "--data", s.dir, "--role", p.role+"@37")
		var made struct{ Token string }
		if err := json.Unmarshal([]byte(s.cli("user", "token", login, "--data", s.dir, "--scope", p.scopes, "--json")), &made); err != nil {
			t.Fatal(err)
		}
		s.tokens[login] = made.Token
	}
	// A pupil; two classmates beside them for hours, and somebody who passed by in the canteen.
	s.cli("import", "--data", s.dir, "--outbreak", "laixi", "--kind", "visits", s.file("visits.csv", `person,place,start,end
pupil,class 3,2022-03-03T08:00:00+08:00,2022-03-03T11:30:00+08:00
a,class 3,2022-03-03T08:00:00+08:00,2022-03-03T11:30:00+08:00
b,class 3,2022-03-03T08:05:00+08:00,2022-03-03T11:30:00+08:00
pupil,canteen,2022-03-03T11:40:00+08:00,2022-03-03T12:10:00+08:00
c,canteen,2022-03-03T12:05:00+08:00,2022-03-03T12:20:00+08:00
d,class 4,2022-03-03T08:00:00+08:00,2022-03-03T11:30:00+08:00
`))
	s.serve()

	s.as("hospital", "POST", "/api/outbreaks/laixi/facilities", api.NewFacility{Code: "H1", Open: true, FacilityBody: api.FacilityBody{Kind: "hospital", Area: "370285", Lon: "120.52", Lat: "36.87"}}, nil)
	s.as("hospital", "POST", "/api/outbreaks/laixi/facilities/H1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "W1", Beds: 6, Use: "ward", Level: "ward"}, {Code: "ICU", Beds: 2, Use: "ward", Level: "icu"}}}, nil)
	s.as("site", "POST", "/api/outbreaks/laixi/facilities", api.NewFacility{Code: "Q1", Open: true, FacilityBody: api.FacilityBody{Kind: "quarantine-site", Area: "370285", Lon: "120.55", Lat: "36.86"}}, nil)
	s.as("site", "POST", "/api/outbreaks/laixi/facilities/Q1/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "101", Beds: 1}, {Code: "102", Beds: 1}, {Code: "103", Beds: 1}}}, nil)
	s.as("site", "POST", "/api/outbreaks/laixi/facilities", api.NewFacility{Code: "Q2", Open: true, FacilityBody: api.FacilityBody{Kind: "quarantine-site", Area: "370285", Lon: "120.56", Lat: "36.86"}}, nil)
	s.as("site", "POST", "/api/outbreaks/laixi/facilities/Q2/rooms", api.NewRooms{Rooms: []api.RoomBody{{Code: "201", Beds: 1}, {Code: "202", Beds: 1}, {Code: "203", Beds: 1}}}, nil)
	shift := []api.NewShift{}
	for d := range 10 {
		shift = append(shift, api.NewShift{From: day(d, 7, 0).Format(time.RFC3339), To: day(d, 23, 0).Format(time.RFC3339)})
	}
	s.as("desk", "PUT", "/api/outbreaks/laixi/vehicles", api.NewVehicles{Vehicles: []api.NewVehicle{
		{Code: "A1", Area: "370285", Lat: 36.87, Lon: 120.53, Seats: 4, Takes: "case", Shifts: shift}, {Code: "B1", Area: "370285", Lat: 36.87, Lon: 120.53, Seats: 10, Takes: "contact", Shifts: shift},
		{Code: "B2", Area: "370285", Lat: 36.87, Lon: 120.53, Seats: 10, Takes: "contact", Shifts: shift}}}, nil)

	first := s.pooled(day)
	s.drive(nil)

	// Who was with them: found in visits, decided by a person. Who passed by is no close contact, and who sat next door is nobody's.
	var asked struct {
		Contacts []struct{ Person, Tier string }
	}
	s.as("epi", "POST", fmt.Sprintf("/api/cases/%d/trace", first.ID), api.TraceRequest{Keep: true}, &asked)
	var proposals api.TraceProposals
	s.as("epi", "GET", fmt.Sprintf("/api/cases/%d/proposals", first.ID), nil, &proposals)
	tiers := map[string]string{}
	confirm := api.TraceDecision{Confirm: true}
	for _, p := range proposals.Items {
		tiers[p.Person] = p.Tier
		if p.Tier == "close" {
			confirm.Proposals = append(confirm.Proposals, p.ID)
		}
	}
	if fmt.Sprint(tiers) != "map[a:close b:close c:general]" {
		t.Fatalf("proposed: %v", tiers)
	}
	var decided api.TraceAllDecided
	s.as("epi", "POST", fmt.Sprintf("/api/cases/%d/proposals", first.ID), confirm, &decided)
	var contacts []api.Contact
	for _, d := range decided.Items {
		if d.State != "confirmed" || d.Contact == 0 {
			t.Fatalf("decided: %+v", d)
		}
		var k api.Contact
		s.as("epi", "GET", fmt.Sprintf("/api/contacts/%d", d.Contact), nil, &k)
		contacts = append(contacts, k)
	}

	// The two are on the road within minutes, and in bed within the pack's clock.
	broke := false
	s.drive(func(trip int64, told api.TripTold) bool {
		if !trouble || broke || told.What != "fetched" {
			return false
		}
		broke = true
		s.as("desk", "POST", fmt.Sprintf("/api/trips/%d/told", trip), api.TripTold{What: "broke-down", Reason: "the engine"}, nil)
		s.as("desk", "POST", "/api/outbreaks/laixi/transfers/full/Q1", api.FullChange{Full: true, Reason: "water in the rooms"}, nil)
		return true
	})
	if broke != trouble {
		t.Error("the trouble that this is about did not come")
	}
	for _, x := range s.tasks("duty=moved") {
		if x.State != "done" || x.Late {
			t.Errorf("moved: %+v", x)
		}
	}
	s.as("hospital", "POST", "/api/outbreaks/laixi/patients/"+first.Code+"/admissions", api.NewAdmission{Hospital: "H1"}, nil)

	// Morning and evening checks and the test days; on the third day one of the two is positive.
	sick, well := contacts[0], contacts[1]
	for d := 0; d <= 9; d++ {
		for slot, hour := range []int{10, 18} {
			if at := day(d, hour, 0); s.now().Before(at) {
				s.until(at)
			} else {
				continue
			}
			for _, k := range contacts {
				s.as("epi", "GET", fmt.Sprintf("/api/contacts/%d", k.ID), nil, &k)
				if k.State != "followed" {
					continue
				}
				s.as("site", "POST", fmt.Sprintf("/api/contacts/%d/checks", k.ID), api.Check{Slot: slot, Seen: true, Temperature: 36.6}, nil)
			}
		}
		for _, k := range contacts {
			s.as("epi", "GET", fmt.Sprintf("/api/contacts/%d", k.ID), nil, &k)
			if k.State != "followed" {
				continue
			}
			for _, x := range s.tasks("kind=sample_contact&state=open") {
				if x.Code != k.Code || x.NotBefore != nil && s.now().Before(*x.NotBefore) {
					continue
				}
				var taken api.Specimen
				s.as("site", "POST", "/api/specimens", api.NewSpecimen{Contact: k.ID}, &taken)
				result := "negative"
				if k.ID == sick.ID && d >= 3 {
					result = "positive"
				}
				s.as("lab", "PUT", fmt.Sprintf("/api/specimens/%d/result", taken.ID), api.Result{Result: result}, nil)
				break
			}
		}
		// Whose days at the site are over goes home, for the rest of them or for good.
		for _, x := range s.tasks("kind=check_out&state=open") {
			if x.NotBefore != nil && s.now().Before(*x.NotBefore) {
				continue
			}
			for _, site := range []string{"Q1", "Q2"} {
				var stays api.Rooms
				s.as("site", "GET", "/api/outbreaks/laixi/facilities/"+site+"/rooms", nil, &stays)
				for _, m := range stays.Items {
					for _, stay := range m.Stays {
						if stay.Of == x.Code {
							s.as("site", "POST", "/api/outbreaks/laixi/stays/changes", api.StaysChange{Do: "check-out", Stays: []int64{stay.ID}, Leaving: "moved", Home: true}, nil)
						}
					}
				}
			}
		}
		if len(s.board().Requests) > 0 { // somebody turned positive, or has to go elsewhere
			s.drive(nil)
		}
	}
	s.as("epi", "GET", fmt.Sprintf("/api/contacts/%d", sick.ID), nil, &sick)
	s.as("epi", "GET", fmt.Sprintf("/api/contacts/%d", well.ID), nil, &well)
	if sick.State != "became_case" || sick.Became == 0 {
		t.Errorf("who turned positive: %+v", sick)
	}
	var second api.Case
	s.as("epi", "GET", fmt.Sprintf("/api/cases/%d", sick.Became), nil, &second)
	if second.Fields["found"] != "isolation" || second.Fields["isolated_at"] == "" {
		t.Errorf("the second case was found in quarantine, and is in isolation: %v", second.Fields)
	}
	for _, x := range s.tasks("duty=moved") {
		if x.State == "open" || x.Late {
			t.Errorf("moved, in the end: %+v", x)
		}
	}
	if well.State != "released" {
		t.Errorf("who stayed well: %+v", well)
	}
	if !strings.Contains(s.cliServed("audit", "verify"), "intact") {
		t.Error("the journal is not intact")
	}
}

// serve starts the program on the folder.
func (s *story) serve() {
	s.t.Helper()
	s.url, _, _ = served(s.t, nil, "--data", s.dir)
}

// cliServed runs a command through the server.
func (s *story) cliServed(args ...string) string {
	return s.cli(append(args, "--url", s.url, "--token", s.tokens["auditor"])...)
}
