package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// Visits come in over REST, as a JSON block or as a file: kept before the answer, the same again changes nothing, every row is accounted for, and no answer repeats what identifies somebody.
func TestVisits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		send := func(status int, login, route, kind string, body io.Reader) object {
			t.Helper()
			rec := w.raw(login, purposes[login], "POST", "/api/outbreaks/o/"+route, kind, body)
			out := object{}
			if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != status {
				t.Fatalf("%s as %s: %d %s, want %d", route, login, rec.Code, rec.Body, status)
			}
			return out
		}
		counts := func(out object, want string) {
			t.Helper()
			if got := fmt.Sprint(out["rows"], out["taken"], out["again"], out["rejected"]); got != want {
				t.Errorf("rows, taken, again, rejected are %s, want %s: %v", got, want, out)
			}
		}
		const block = `{"visits": [
			{"person": "secret", "place": "bus 3", "start": "2022-03-07T08:00", "end": "2022-03-07T08:30", "seat": "12A", "kind": "transport"},
			{"person": "b", "place": "bus 3", "start": "2022-03-07T08:10:00+08:00", "end": "2022-03-07T08:40:00+08:00", "x": 1.5, "y": 2},
			{"person": "secret", "place": "bus 3", "start": "2022-03-07T08:50", "end": "2022-03-07T08:30"}]}`
		before := w.options.DB.Head()
		out := send(200, "epi", "visits?preview=true", "application/json", strings.NewReader(block))
		if counts(out, "3 2 0 1"); out["preview"] != true || w.options.DB.Head() != before {
			t.Errorf("the preview kept visits: %v", out)
		}
		out = send(200, "epi", "visits", "application/json", strings.NewReader(block))
		counts(out, "3 2 0 1")
		if got := fmt.Sprint(out["problems"]); !strings.Contains(got, "column:end reason:is before the start row:3 severity:reject") || strings.Contains(got, "secret") {
			t.Errorf("what was wrong: %s", got)
		}
		counts(send(200, "epi", "visits", "application/json", strings.NewReader(block)), "3 0 2 1")
		// The same rows in a file are the same block.
		const file = "person,place,kind,start,end,seat,x,y\nsecret,bus 3,transport,2022-03-07T08:00,2022-03-07T08:30,12A,,\nb,bus 3,,2022-03-07T00:10Z,2022-03-07T00:40Z,,1.5,2\n"
		counts(send(200, "epi", "visits?file=v.csv", "text/csv", strings.NewReader(file)), "2 0 2 0")
		counts(send(200, "epi", "visits", "application/json", strings.NewReader(`{"meetings":[{"person":"a","other":"b","start":"2022-03-07","seconds":600,"metres":0.5}]}`)), "1 1 0 0")
		counts(send(200, "epi", "visits?form=meetings", "text/csv", strings.NewReader("person,other,day,seconds,metres\na,b,2022-03-07,600,0.5\n")), "1 0 1 0")
		counts(send(200, "epi", "visits?form=meetings&steps=2022-03-07T07:00,5m,192", "text/csv", strings.NewReader("step,user_a,user_b,metres\n1,a,b,3\n")), "1 1 0 0")
		counts(send(200, "epi", "visits?form=stays", "text/csv", strings.NewReader("name,site,arrival,leave\na,hotel,2022-03-07,2022-03-09\n")), "1 1 0 0")
		counts(send(200, "epi", "visit-places", "text/csv", strings.NewReader("place,kind\nhotel,quarantine\nnowhere,shop\n")), "2 1 0 1")

		kept := 0
		err := w.options.DB.View(t.Context(), func(r *store.Reader) error {
			list, err := r.EntriesAfter(0, 1000)
			for _, e := range list {
				if e.Kind == journal.VisitsImported && e.Actor == "epi" {
					kept++
				}
			}
			return err
		})
		if err != nil || kept != 4 {
			t.Errorf("%d blocks are on record, want 4: %v", kept, err)
		}

		head := w.options.DB.Head()
		refused := []struct {
			status                             int
			login, route, kind, body, location string
		}{
			{403, "driver", "visits", "application/json", block, ""},
			{403, "audit", "visits", "application/json", block, ""},
			{403, "north", "visits", "application/json", block, ""}, // visits are of the whole outbreak
			{422, "epi", "visits", "application/json", `{"visits":[{"person":"a","plaice":"b"}]}`, "body.visits[0]"},
			{422, "epi", "visits", "application/json", `{"visits":[{"person":"a","x":true}]}`, "body.visits[0].x"},
			{422, "epi", "visits", "application/json", `{}`, "body.visits"},
			{422, "epi", "visits", "application/json", `{"visits":[]} {}`, "body.visits"},
			{422, "epi", "visits", "text/csv", "a,b\n1,2\n", "body.file"},
			{422, "epi", "visits?form=stays", "text/csv", "person,place,from\n1,2,3\n", "body.file"},
			{422, "epi", "visits?form=meetings&steps=daily", "text/csv", "step,user_a,user_b\n1,2,3\n", "query.steps"},
		}
		for _, x := range refused {
			if out := send(x.status, x.login, x.route, x.kind, strings.NewReader(x.body)); x.location != "" && w.location(out) != x.location {
				t.Errorf("%s %s: %v, want %s", x.route, x.body, out, x.location)
			}
		}
		if rec := w.raw("epi", "", "POST", "/api/outbreaks/o/visits", "application/json", strings.NewReader(block)); rec.Code != 403 {
			t.Errorf("without a purpose: %d %s", rec.Code, rec.Body)
		}
		if out := send(413, "epi", "visits", "text/csv", io.MultiReader(strings.NewReader("person,place,start,end\n"), strings.NewReader(strings.Repeat("a,b,2022-03-07T08:00,2022-03-07T08:30\n", 1<<18)))); out["kind"] != "too-large" {
			t.Errorf("too large: %v", out)
		}
		if got := w.options.DB.Head(); got != head+4 { // of each of the four who were refused, that they asked
			t.Errorf("what was refused left %d facts, want 4", got-head)
		}
	})
}
