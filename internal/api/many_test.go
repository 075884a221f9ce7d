package api_test

import (
	"fmt"
	"strings"
	"testing"

	"firebreak/internal/store/storetest"
)

// Many orders in one request: each is taken or refused by itself, what a row has done is known to the next, and nothing of a refused one is kept.
func TestManyAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		const at = "/api/outbreaks/o"
		if rec := w.raw("epi", "case-investigation", "POST", at+"/register", "text/csv", strings.NewReader("document,community code,age\nD-1,370101,40\nD-2,370101,30\n")); rec.Code != 200 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		found := w.do(200, "epi", "POST", at+"/people/find", object{"documents": []string{"D-2", "D-9", "D-1"}})["items"].([]any)
		second, none, first := found[0].(object), found[1].(object), found[2].(object)
		if len(none) != 0 || first["area"] != "370101" || first["code"] == second["code"] {
			t.Errorf("found: %v", found)
		}
		w.do(403, "lab", "POST", at+"/people/find", object{"documents": []string{"D-1"}})

		source := w.addCase("MANY-1", "370101")
		day := start.Format("2006-01-02")
		row := func(who object, fields object) object {
			return object{"case": source["id"], "person": object{"id": who["person"]}, "fields": fields}
		}
		out := w.do(200, "epi", "POST", at+"/contacts/listed", object{"rows": []any{
			row(first, object{"last_exposed": day, "area": "370101"}), row(second, object{"area": "370101"}), row(first, object{"last_exposed": day, "area": "370101"}), row(second, object{"last_exposed": day, "area": "370101"})}})
		items := out["items"].([]any)
		if fmt.Sprint(out["rows"], out["done"]) != "4 3" || items[0].(object)["id"] != items[2].(object)["id"] || len(items[1].(object)) != 0 {
			t.Fatalf("listed: %v", out)
		}
		if r := out["refused"].([]any)[0].(object); r["row"] != 1.0 || r["field"] != "last_exposed" {
			t.Errorf("refused: %v", r)
		}
		one, two := items[0].(object)["id"], items[3].(object)["id"]
		out = w.do(200, "epi", "POST", at+"/checks", object{"rows": []any{object{"contact": one, "seen": true, "temperature": 36.5}, object{"contact": 999_999, "seen": true}, object{"contact": two, "seen": true, "temperature": 70}}})
		if fmt.Sprint(out["rows"], out["done"]) != "3 1" {
			t.Errorf("checks: %v", out)
		}
		// A row that its sender may not is refused as an order of its own is, and as that is on record.
		head := w.options.DB.Head()
		out = w.do(200, "lab", "POST", at+"/checks", object{"rows": []any{object{"contact": one, "seen": true}}})
		if r := out["refused"].([]any); len(r) != 1 || r[0].(object)["kind"] != "forbidden" || w.options.DB.Head() != head+1 {
			t.Errorf("a laboratory's check: %v, %d facts more", out, w.options.DB.Head()-head)
		}
		taken := w.do(200, "epi", "POST", at+"/specimens", object{"rows": []any{object{"contact": one, "taken_at": start.Format("2006-01-02T15:04:05Z07:00")}, object{"contact": two}, object{"contact": two, "method": "guess"}}})
		if fmt.Sprint(taken["rows"], taken["done"]) != "3 2" {
			t.Fatalf("specimens: %v", taken)
		}
		specimens := taken["items"].([]any)
		out = w.do(200, "lab", "POST", at+"/specimen-results", object{"rows": []any{object{"specimen": specimens[0].(object)["id"], "result": "positive"}, object{"specimen": specimens[1].(object)["id"], "result": "maybe"}, object{"specimen": specimens[1].(object)["id"], "result": "negative"}}})
		if fmt.Sprint(out["rows"], out["done"]) != "3 2" {
			t.Errorf("results: %v", out)
		}
		if k := w.do(200, "epi", "GET", fmt.Sprintf("/api/contacts/%v", one), nil); k["state"] != "became_case" {
			t.Errorf("who is positive: %v", k)
		}
		reports := w.do(200, "epi", "GET", at+"/tasks?kind=report_case&state=open", nil)["items"].([]any)
		rows := []any{object{"task": 999_999}}
		for _, x := range reports {
			rows = append(rows, object{"task": x.(object)["id"]})
		}
		out = w.do(200, "epi", "POST", at+"/tasks/done", object{"rows": append(rows, rows[1])})
		if len(reports) != 2 || fmt.Sprint(out["rows"], out["done"]) != "4 2" {
			t.Errorf("%d tasks, done: %v", len(reports), out)
		}
	})
}
