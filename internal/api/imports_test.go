package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"firebreak/internal/store/storetest"
)

// upload sends a file as a user; query is what follows the path.
func (w *world) upload(login, query, name, text string) (*httptest.ResponseRecorder, object) {
	w.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprint(part, text)
	if err := m.Close(); err != nil {
		w.t.Fatal(err)
	}
	rec := w.raw(login, purposes[login], "POST", "/api/outbreaks/o/imports"+query, m.FormDataContentType(), &form)
	out := object{}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		w.t.Fatalf("upload as %s: %d %s", login, rec.Code, rec.Body)
	}
	return rec, out
}

func TestImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t), nil)
	const base = "/api/outbreaks/o/imports/"
	rec, out := w.upload("north", "?then=run", "list.csv", "Nr,Began\nN-1,03/04/2022\nN-2,05/04/2022\nN-2,06/04/2022\n")
	if rec.Code != 201 || out["state"] != "uploaded" || out["needs"] != "map" || out["area"] != "3701" {
		t.Fatalf("an unknown layout: %d %v", rec.Code, out)
	}
	path := base + id(out)
	columns := object{"format": "", "kind": "cases", "fields": object{"code": object{"from": []string{"Nr"}}, "onset": object{"from": []string{"Began"}, "order": "dmy"}}}
	saved := w.do(201, "north", "POST", "/api/outbreaks/o/maps", object{"name": "County", "map": columns})
	w.do(409, "north", "POST", "/api/outbreaks/o/maps", object{"name": "County", "map": columns})
	w.do(422, "north", "POST", "/api/outbreaks/o/maps", object{"name": "Bad", "map": object{"kind": "cases", "fields": object{"colour": object{"from": []string{"x"}}}}})
	w.do(200, "north", "PUT", path+"/map", object{"version": out["version"], "name": "County"})
	w.do(409, "north", "PUT", path+"/map", object{"version": out["version"], "map": columns})
	w.do(202, "north", "POST", path+"/run", object{"dry_run": true})
	tried := w.do(200, "north", "GET", path+"?wait=30", nil)
	if tried["state"] != "tried" || tried["created"] != 2.0 || tried["rejected"] != 1.0 || len(tried["problems"].([]any)) != 1 {
		t.Fatalf("tried: %v", tried)
	}
	if n := len(items(w.do(200, "north", "GET", "/api/outbreaks/o/cases", nil))); n != 0 {
		t.Errorf("the dry run left %d cases", n)
	}
	w.do(202, "north", "POST", path+"/run", object{})
	done := w.do(200, "north", "GET", path+"?wait=30", nil)
	if done["state"] != "done" || done["rows"] != 3.0 || done["created"] != 2.0 || done["map_name"] != "County" {
		t.Fatalf("done: %v", done)
	}
	if csv := w.raw("north", "case-investigation", "GET", path+"/errors", "", nil); csv.Code != 200 || !strings.Contains(csv.Body.String(), "already in row 3") {
		t.Errorf("the error file: %d %s", csv.Code, csv.Body)
	}
	p := w.do(200, "north", "GET", path+"/preview", nil)
	if p["map"].(object)["kind"] != "cases" || len(p["sample"].([]any)) != 3 {
		t.Errorf("preview: %v", p)
	}
	w.do(409, "north", "POST", path+"/cancel", nil)
	// The next file is read by the saved map, without being asked.
	if _, out := w.upload("epi", "?then=run&area=3701", "next.csv", "Nr,Began\nN-3,01/04/2022\n"); out["needs"] != nil || out["map_name"] != "County" {
		t.Errorf("the next file: %v", out)
	} else if got := w.do(200, "epi", "GET", base+id(out)+"?wait=30", nil); got["created"] != 1.0 {
		t.Errorf("the next file: %v", got)
	}
	_, dates := w.upload("epi", "", "dates.csv", "code,class,onset\nD-1,suspected,03/04/2022\n")
	if dates["needs"] == nil {
		t.Errorf("dates that read both ways: %v", dates)
	}
	cancelled := w.do(200, "epi", "POST", base+id(dates)+"/cancel", nil)
	if cancelled["state"] != "cancelled" || cancelled["deleted_at"] == nil {
		t.Errorf("cancelled: %v", cancelled)
	}
	w.do(410, "epi", "GET", base+id(dates)+"/preview", nil)

	// Others see nothing of it.
	for _, p := range []string{path, path + "/preview", path + "/errors"} {
		w.do(404, "south", "GET", p, nil)
	}
	w.do(404, "south", "POST", path+"/run", object{})
	if n := len(items(w.do(200, "south", "GET", "/api/outbreaks/o/imports", nil))); n != 0 {
		t.Errorf("the south sees %d imports", n)
	}
	page := w.do(200, "duty", "GET", "/api/outbreaks/o/imports?limit=2", nil)
	rest := w.do(200, "duty", "GET", "/api/outbreaks/o/imports?limit=2&cursor="+page["next"].(string), nil)
	if len(items(page)) != 2 || len(items(rest)) != 1 {
		t.Errorf("pages of %d and %d imports, want 2 and 1", len(items(page)), len(items(rest)))
	}
	if rec, _ := w.upload("driver", "", "list.csv", "a,b\n1,2\n"); rec.Code != 403 {
		t.Errorf("upload by a driver: %d", rec.Code)
	}
	if rec, _ := w.upload("north", "?area=3702", "list.csv", "a,b\n1,2\n"); rec.Code != 403 {
		t.Errorf("upload into the south: %d", rec.Code)
	}
	for name, text := range map[string]string{"empty.csv": "", "a.pdf": "%PDF-", "cut.xlsx": "PK\x03\x04"} {
		if rec, out := w.upload("epi", "", name, text); rec.Code != 422 || out["kind"] != "invalid" {
			t.Errorf("%s: %d %v", name, rec.Code, out)
		}
	}
	if rec, out := w.upload("epi", "", "large.csv", "a,b\n"+strings.Repeat("1,2\n", 300_000)); rec.Code != 413 {
		t.Errorf("too large: %d %v", rec.Code, out)
	}
	if rec := w.raw("epi", "case-investigation", "POST", "/api/outbreaks/o/imports", "text/csv", strings.NewReader("a,b\n")); rec.Code != 422 {
		t.Errorf("no form: %d %s", rec.Code, rec.Body)
	}

	w.do(403, "south", "DELETE", "/api/outbreaks/o/maps/"+id(saved)+"?version=1", nil)
	changed := w.do(200, "north", "PUT", "/api/outbreaks/o/maps/"+id(saved), object{"version": 1, "name": "County list", "map": columns})
	if changed["version"] != 2.0 || changed["name"] != "County list" {
		t.Errorf("changed: %v", changed)
	}
	w.do(200, "north", "DELETE", "/api/outbreaks/o/maps/"+id(saved)+"?version=2", nil)
	if n := len(items(w.do(200, "north", "GET", "/api/outbreaks/o/maps", nil))); n != 0 {
		t.Errorf("%d maps are left", n)
	}
}
