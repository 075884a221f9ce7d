package api_test

import (
	"testing"

	"firebreak/internal/store/storetest"
)

func TestClusters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		w.addCase("A", "370101")
		w.addCase("B", "370101")
		const all = "/api/outbreaks/o/clusters"
		k := w.do(201, "epi", "POST", all, object{"fields": object{"name": "Class 3-2", "kind": "school", "area": "370101", "exposed": "40"}, "cases": []string{"A"}})
		one := "/api/clusters/" + id(k)
		if k["code"] != "CL-1" || k["members"] != 1.0 || k["attack_rate"].(object)["share"] != 0.025 || len(k["cases"].([]any)) != 1 {
			t.Errorf("opened: %v", k)
		}
		if out := w.do(422, "epi", "POST", one+"/cases", object{"cases": []string{"B", "nobody"}}); w.location(out) != "body.cases[1]" {
			t.Errorf("an unknown case: %v", out)
		}
		if out := w.do(422, "epi", "PATCH", one, object{"version": 1, "fields": object{"kind": "party"}}); w.location(out) != "body.fields.kind" {
			t.Errorf("no such kind: %v", out)
		}
		if k = w.do(200, "epi", "POST", one+"/cases", object{"cases": []string{"B"}}); k["members"] != 2.0 {
			t.Errorf("joined: %v", k)
		}
		if k = w.do(200, "epi", "POST", one+"/leave", object{"case": "B", "reason": "other class"}); k["members"] != 1.0 {
			t.Errorf("left: %v", k)
		}
		w.do(404, "epi", "POST", one+"/leave", object{"case": "B", "reason": "other class"})
		w.do(200, "epi", "PATCH", one, object{"version": 1, "fields": object{"exposed": "41"}})
		if out := w.do(409, "north", "PATCH", one, object{"version": 1, "fields": object{"exposed": "42"}}); out["kind"] != "conflict" {
			t.Errorf("second editor: %v", out)
		}
		w.do(200, "epi", "POST", one+"/state", object{"version": 2, "state": "closed", "reason": "over"})
		if got := items(w.do(200, "epi", "GET", all+"?state=open", nil)); len(got) != 0 {
			t.Errorf("open: %v", got)
		}
		w.do(201, "epi", "POST", all, object{"fields": object{"name": "Bus", "kind": "transport", "area": "370101"}})
		page := w.do(200, "epi", "GET", all+"?limit=1", nil)
		next := w.do(200, "epi", "GET", all+"?limit=1&cursor="+page["next"].(string), nil)
		if items(page)[0].(object)["code"] != "CL-2" || items(next)[0].(object)["code"] != "CL-1" || next["next"] != nil {
			t.Errorf("pages: %v, %v", page, next)
		}
		w.do(422, "epi", "GET", all+"?kind=party", nil)

		if got := items(w.do(200, "south", "GET", all, nil)); len(got) != 0 {
			t.Errorf("the south lists %v", got)
		}
		w.do(404, "south", "GET", one, nil)
		w.do(404, "south", "PATCH", one, object{"version": 3, "fields": object{"note": "x"}})
		w.do(404, "south", "POST", one+"/cases", object{"cases": []string{"A"}})
		w.do(403, "south", "POST", all, object{"fields": object{"name": "X", "kind": "event", "area": "370101"}})
	})
}
