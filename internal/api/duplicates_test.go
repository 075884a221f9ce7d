package api_test

import (
	"slices"
	"testing"

	"firebreak/internal/store/storetest"
)

// TestDuplicates: pairs are proposed where the caller may read both, made one, told with whoever goes on, made two again, and told apart.
func TestDuplicates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		add := func(code, area, onset string) (id, person float64) {
			c := w.do(201, "epi", "POST", "/api/outbreaks/o/cases", object{"code": code, "person": object{"sex": "female", "born": "2007-04-01"},
				"fields": object{"class": "confirmed", "onset": onset, "area": area}})
			return c["id"].(float64), c["person"].(float64)
		}
		_, a := add("A", "370101", "2022-03-03")
		idB, b := add("B", "370101", "2022-03-02")
		_, far := add("C", "3702", "2022-03-03")
		const path = "/api/outbreaks/o/duplicates"

		page := w.do(200, "north", "GET", path, nil)
		pair, _ := items(page)[0].(object)
		if len(items(page)) != 1 || page["compared"] != 2.0 || pair["a"].(object)["case"] != "B" || pair["b"].(object)["person"] != a || !slices.Contains(pair["same"].([]any), any("born")) {
			t.Fatalf("the north's pairs: %v", page)
		}
		if n := len(items(w.do(200, "south", "GET", path, nil))); n != 0 {
			t.Errorf("the south has %d pairs, want none: it may read one of each only", n)
		}
		if n := len(items(w.do(200, "epi", "GET", path+"?limit=1", nil))); n != 3 {
			t.Errorf("the province has %d pairs, want 3", n)
		}
		w.do(422, "epi", "GET", path+"?desc=true", nil)
		if p := w.do(200, "epi", "GET", path+"/pair?a=A&b=case:C", nil); p["a"].(object)["person"] != a || p["b"].(object)["person"] != far || p["version"] == nil {
			t.Errorf("A and C side by side: %v", p)
		}
		w.do(404, "north", "GET", path+"/pair?a=A&b=C", nil)
		w.do(404, "north", "GET", path+"/pair?a=A&b=nobody", nil)
		w.do(400, "epi", "GET", path+"?cursor=-1", nil)
		for _, login := range []string{"duty", "lab", "driver", "audit"} {
			w.do(403, login, "GET", path, nil)
			w.do(403, login, "POST", path+"/merge", object{"kept": a, "gone": b, "version": 1, "reason": "x"})
		}

		order := object{"kept": a, "gone": b, "version": pair["version"], "reason": "same card", "take": []string{"case.onset"}}
		w.do(404, "south", "POST", path+"/merge", order)
		w.do(404, "north", "POST", path+"/merge", object{"kept": a, "gone": far, "version": 1, "reason": "x"})
		w.do(422, "north", "POST", path+"/merge", object{"kept": a, "gone": a, "version": 1, "reason": "x"})
		w.do(422, "north", "POST", path+"/merge", object{"kept": a, "gone": b, "version": pair["version"]})
		if p := w.do(422, "north", "POST", path+"/merge", object{"kept": a, "gone": b, "version": pair["version"], "reason": "x", "take": []string{"case.class"}}); w.location(p) != "body.take" {
			t.Errorf("taking what cannot be taken: %v", p)
		}
		// Somebody was quicker.
		w.do(200, "north", "PATCH", "/api/cases/"+id(object{"id": idB}), object{"version": 1, "fields": object{"hospital": "First"}})
		if p := w.do(409, "north", "POST", path+"/merge", order); p["kind"] != "conflict" {
			t.Errorf("merge after a change: %v", p)
		}
		order["version"] = items(w.do(200, "north", "GET", path, nil))[0].(object)["version"]
		m := w.do(201, "north", "POST", path+"/merge", order)
		if m["kept"] != a || m["gone"] != b || m["by"] != "north" || m["reason"] != "same card" {
			t.Errorf("the merge: %v", m)
		}
		// Orders on what is gone tell what goes on.
		into := func(p object) any { return p["merged"].(object)["into"] }
		if p := w.do(409, "north", "POST", path+"/merge", order); p["kind"] != "merged" || into(p) != id(object{"id": a}) {
			t.Errorf("merging again: %v", p)
		}
		if p := w.do(409, "north", "POST", path+"/apart", object{"one": b, "other": a, "reason": "x"}); into(p) != id(object{"id": a}) {
			t.Errorf("telling apart what is one: %v", p)
		}
		if p := w.do(409, "north", "PATCH", "/api/cases/"+id(object{"id": idB}), object{"version": 3, "fields": object{"hospital": "Second"}}); into(p) != "A" {
			t.Errorf("correcting a merged case: %v", p)
		}
		if got := items(w.do(200, "north", "GET", "/api/outbreaks/o/merges", nil)); len(got) != 1 || got[0].(object)["id"] != m["id"] {
			t.Errorf("the merges: %v", got)
		}
		if n := len(items(w.do(200, "south", "GET", "/api/outbreaks/o/merges", nil))); n != 0 {
			t.Errorf("the south sees %d merges", n)
		}
		back := object{"merge": m["id"], "reason": "twins"}
		w.do(404, "south", "POST", path+"/unmerge", back)
		w.do(403, "duty", "POST", path+"/unmerge", back)
		if u := w.do(200, "north", "POST", path+"/unmerge", back); u["undone_by"] != "north" || u["undone_at"] == nil {
			t.Errorf("taken back: %v", u)
		}
		if p := w.do(409, "north", "POST", path+"/unmerge", back); p["kind"] != "conflict" {
			t.Errorf("taken back twice: %v", p)
		}
		w.do(404, "south", "POST", path+"/apart", object{"one": a, "other": b, "reason": "twins"})
		for range 2 {
			w.do(200, "north", "POST", path+"/apart", object{"one": a, "other": b, "reason": "twins"})
		}
		if n := len(items(w.do(200, "north", "GET", path, nil))); n != 0 {
			t.Errorf("%d pairs after telling apart, want none", n)
		}
	})
}
