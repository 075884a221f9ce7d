package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/screening"
)

// file sends a file as a form does.
func (b *browser) file(path, name, text string) answer {
	b.c.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(text))
	}
	if err != nil || m.Close() != nil {
		b.c.t.Fatal(err)
	}
	return b.send(path, m.FormDataContentType(), &body, nil)
}

// TestLaboratoryFromDoorToResult enters a laboratory, takes a box in that does not reconcile, gives results by file and by hand, and joins one that came before its tube.
func TestLaboratoryFromDoorToResult(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	east := c.settle("31", 12)
	coord, bench := c.as("coord"), c.as("lab-east")
	bench.get("/o/laixi/laboratories").wants(t, http.StatusOK, []string{"No laboratory yet"}, []string{"/laboratories/new"})
	add := form("code", "L1", "name", "CDC", "area", "31", "per_hour", "300", "turnaround", "240", "opens", "8", "closes", "20:00")
	coord.post("/o/laixi/laboratories", add).wants(t, http.StatusUnprocessableEntity, []string{"is a time of day", `value="L1"`}, nil)
	add.Set("opens", "08:00")
	add.Set("rates", "12:00-13:00")
	coord.post("/o/laixi/laboratories", add).wants(t, http.StatusUnprocessableEntity, []string{"is one part of the day and its tubes an hour", `value="12:00-13:00"`}, nil)
	add.Set("rates", "20:00-22:00 80; 12:00-13:00 0")
	if a := coord.post("/o/laixi/laboratories", add); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/o/laixi/laboratories/1?") {
		t.Fatalf("added: %d %s", a.status, a.to)
	}
	bench.post("/o/laixi/laboratories", add).wants(t, http.StatusForbidden, nil, nil)
	const at = "/o/laixi/laboratories/1"
	change := form("version", "1", "name", "CDC", "area", "31", "per_hour", "600", "opens", "08:00", "closes", "22:00")
	coord.get(at+"/edit").wants(t, http.StatusOK, []string{`value="08:00"`, `value="20:00"`, `value="240"`, `value="12:00-13:00 0, 20:00-22:00 80"`}, nil)
	coord.get(at).wants(t, http.StatusOK, []string{"says 300 tubes an hour", "12:00–13:00: reads none", "20:00–22:00: 80 tubes an hour"}, nil)
	coord.post(at, change).wants(t, http.StatusSeeOther, nil, nil)
	coord.post(at, change).wants(t, http.StatusConflict, []string{"Somebody else changed this meanwhile"}, nil)

	r, device := c.open("31")
	closed := now.Add(-time.Hour)
	var codes []string
	for i, code := range []string{"Q-1", "Q-2", "Q-3"} {
		c.tube(r, 1, code, closed, east[3*i:3*i+3]...)
		codes = append(codes, code)
	}
	_, err := c.cmds.PackBox(t.Context(), device, screening.PackedBox{Device: device.ID, Box: "B-1", Round: r.ID, Site: 1, PackedAt: now.Add(-30 * time.Minute), Counted: 4, Tubes: append(codes, "Q-4")})
	c.must(err)
	coord.get(at+"/boxes").wants(t, http.StatusOK, []string{"B-1", "packed", "No box has come yet"}, []string{"Reception"})

	// Whoever is not of the laboratory takes nothing in.
	door := at + "/reception"
	coord.get(door).wants(t, http.StatusForbidden, nil, nil)
	c.as("lab-west").get(at).wants(t, http.StatusNotFound, nil, nil)
	c.as("lab-west").post(door, form("box", "B-1", "counted", "4")).wants(t, http.StatusNotFound, nil, nil)
	bench.post(door, form("box", "B-1")).wants(t, http.StatusUnprocessableEntity, []string{"Count the tubes, or scan them one by one"}, nil)
	bench.post(door, form("box", "B-9", "counted", "4")).wants(t, http.StatusUnprocessableEntity, []string{"No box of this label was packed"}, nil)
	bench.post(door, form("box", "B-1", "counted", "3")).wants(t, http.StatusUnprocessableEntity, []string{"4 were packed, you counted 3"}, nil)
	bench.post(door, form("box", "B-1", "counted", "4", "tubes", "Q-1\nQ-2\nQ-4")).wants(t, http.StatusUnprocessableEntity, []string{"You counted 4 and scanned 3", "Q-4"}, nil)
	bench.post(door, form("box", "B-1", "tubes", "Q-1+Q-2")).wants(t, http.StatusUnprocessableEntity, []string{"is no label of one tube"}, nil)
	bench.post(door, form("box", "B-1", "counted", "3", "tubes", "Q-1\r\nQ-2\r\nQ-4")).wants(t, http.StatusOK, []string{"1 tube is missing", "<code>Q-3</code>", "1 tube is not registered yet", "<code>Q-4</code>", "The next box"}, nil)
	bench.get(at+"/boxes/1").wants(t, http.StatusOK, []string{"received", "1 tube is missing", "lab-east", "not registered by any desk"}, nil)
	bench.get(at).wants(t, http.StatusOK, []string{"<dd>2</dd>", "Unknown tubes", "Q-4", "08:00 – 22:00"}, nil)

	// A file with three rows to take, one to keep, and three that cannot be taken.
	file := bench.file(at+"/file", "run.csv", "tube,result,at,ct\nQ-1,negative,,\nQ-2,positive,,31.5\nQ-4,negative,,\nQ-5,positive,,\nQ-1,maybe,,\nQ-3+Q-1,negative,,\nQ-3,negative,2022-03-01 10:00,\n")
	file.wants(t, http.StatusOK, []string{"<b>7</b> <small>rows</small>", "<b>2</b> <small>new</small>", "<b>2</b> <small>kept for unknown tubes</small>", "<b>3</b> <small>rejected</small>",
		"The result is none that is known", "These are several tubes", "The time lies before the tube was closed"}, nil)
	bench.file(at+"/file", "run.csv", "tube,colour\nQ-1,red\n").wants(t, http.StatusUnprocessableEntity, []string{"no column of tubes or none of results"}, nil)
	bench.file(at+"/file", "run.csv", "").wants(t, http.StatusUnprocessableEntity, []string{"no CSV and no XLSX"}, nil)
	bench.post(at+"/file", form("file", "x")).wants(t, http.StatusUnprocessableEntity, []string{"Choose a file"}, nil)
	coord.file(at+"/file", "run.csv", "tube,result\nQ-1,negative\n").wants(t, http.StatusForbidden, nil, nil)

	bench.post(at+"/results", form("tube", "Q-3", "result", "")).wants(t, http.StatusUnprocessableEntity, []string{"The result is none that is known"}, nil)
	bench.post(at+"/results", form("tube", "Q-3", "result", "lost")).wants(t, http.StatusSeeOther, nil, nil)
	bench.post(at+"/results", form("tube", "Q-2", "result", "negative")).wants(t, http.StatusUnprocessableEntity, []string{"Another result stands: positive"}, nil)
	bench.post(at+"/results", form("tube", "Q-2", "result", "negative", "at", "2022-03-12T21:45", "reason", "plate turned round")).wants(t, http.StatusSeeOther, nil, nil)
	bench.get(at+"/results?tube=Q-2").wants(t, http.StatusOK, []string{"<s>positive</s>", "<b>negative</b>", "plate turned round"}, nil)
	coord.get(at+"/results?tube=Q-2").wants(t, http.StatusOK, []string{"plate turned round"}, []string{`id="one"`, `id="file"`})
	bench.get(at+"/results?tube=Q-77").wants(t, http.StatusOK, []string{"No tube Q-77 is known here"}, nil)

	// A positive result of a tube that nobody registered is shown until the desk's word comes; then whoever is in it is held.
	bench.get(at).wants(t, http.StatusOK, []string{"1 positive result is of a tube that nobody registered", "Q-5"}, nil)
	coord.get("/o/laixi/laboratories").wants(t, http.StatusOK, []string{"L1", `href="/o/laixi/laboratories/1#unknown">2</a>`}, nil)
	c.tube(r, 1, "Q-5", closed, east[9:]...)
	_, err = c.cmds.Tick(t.Context())
	c.must(err)
	bench.get(at).wants(t, http.StatusOK, []string{"Q-4"}, []string{"nobody registered", "Q-5"})
	coord.get("/o/laixi/positives").wants(t, http.StatusOK, []string{"Q-5", "3 of 3 held"}, nil)

	bench.post(at+"/unknown", form("tube", "Q-4", "reason", "")).wants(t, http.StatusUnprocessableEntity, nil, nil)
	bench.post(at+"/unknown", form("tube", "Q-4", "reason", "misread, it is Q-3")).wants(t, http.StatusSeeOther, nil, nil)
	bench.get(at).wants(t, http.StatusOK, []string{"Every tube here is registered"}, []string{"Q-4"})

	// The page of the round has the laboratories beside its areas and sites.
	c.counted()
	coord.get("/o/laixi/rounds/1").wants(t, http.StatusOK, []string{`id="labs"`, "1 laboratory, with what is late"}, nil)
	coord.get("/o/laixi/rounds/1?part=labs").wants(t, http.StatusOK, []string{"L1", "nothing waits"}, []string{"<html"})
}

// open opens a round in an area with one site and an enrolled desk.
func (c *city) open(area string) (screening.Round, screening.Device) {
	c.t.Helper()
	ctx, by := c.t.Context(), command.Owner("test")
	sites, err := c.cmds.AddSites(ctx, by, command.AddSites{Outbreak: "laixi", Sites: []command.SiteFields{{Code: "S-1", Area: area, Lanes: 2}}})
	c.must(err)
	r, err := c.cmds.PlanRound(ctx, by, command.PlanRound{Outbreak: "laixi", Areas: []string{area}, StartsAt: now.Add(-2 * time.Hour), EndsAt: now.Add(22 * time.Hour), Pool: 10})
	c.must(err)
	r, err = c.cmds.OpenRound(ctx, by, r.ID, r.Version)
	c.must(err)
	inv, err := c.cmds.Invite(ctx, by, command.Invite{Role: screening.Desk, Site: sites[0].ID, Desk: "1"})
	c.must(err)
	enrolled, err := c.cmds.EnrolDevice(ctx, inv.Secret)
	c.must(err)
	return r, enrolled.Device
}
