package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"firebreak/internal/exchange"
	"firebreak/internal/store/storetest"
)

// A register comes in over REST: looked at first, taken in, given again, refused where the caller has no say; no answer repeats what identifies somebody.
func TestPeopleImport(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		w := newWorld(t, open, nil)
		const path = "/api/outbreaks/o/register"
		send := func(status int, login, query, kind string, body io.Reader) object {
			t.Helper()
			rec := w.raw(login, purposes[login], "POST", path+query, kind, body)
			out := object{}
			if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != status {
				t.Fatalf("%s as %s: %d %s, want %d", query, login, rec.Code, rec.Body, status)
			}
			return out
		}
		counts := func(out object, want string) {
			t.Helper()
			got := fmt.Sprint(out["rows"], out["created"], out["moved"], out["updated"], out["unchanged"], out["rejected"])
			if got != want {
				t.Errorf("rows, created, moved, updated, unchanged, rejected are %s, want %s: %v", got, want, out)
			}
			if out["rows"].(float64) != out["created"].(float64)+out["moved"].(float64)+out["updated"].(float64)+out["unchanged"].(float64)+out["rejected"].(float64) {
				t.Errorf("the counts do not add up: %v", out)
			}
		}
		const file = "document,name,community code,age,shoe size\nD-1,Made Up,370101,40,43\nD-2,Also Made Up,3702,old,38\nD-3,Nobody,Made Up Street 5,30,\n,Without,370101,20,\n"
		before := w.options.DB.Head()
		out := send(200, "epi", "?preview=true", "text/csv", strings.NewReader(file))
		counts(out, "4 2 0 0 0 2")
		if out["preview"] != true || w.options.DB.Head() != before {
			t.Errorf("the preview kept people: %v", out)
		}

		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		part, err := m.CreateFormFile("file", "people.csv")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, file)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		out = send(200, "epi", "", m.FormDataContentType(), &form)
		counts(out, "4 2 0 0 0 2")
		if out["file"] != "people.csv" || out["preview"] != false || out["warnings"] != 1.0 || fmt.Sprint(out["unused_columns"]) != "[shoe size]" {
			t.Errorf("taken in: %v", out)
		}
		want := map[string]string{"3 age age warn": "is no age", "4 community community reject": "not the code", "5 document document reject": "is needed"}
		for _, x := range out["problems"].([]any) {
			p := x.(object)
			key := fmt.Sprint(p["row"], " ", p["column"], " ", p["value_class"], " ", p["severity"])
			if !strings.Contains(p["reason"].(string), want[key]) || want[key] == "" {
				t.Errorf("problem %q: %v", key, p)
			}
			delete(want, key)
		}
		if len(want) > 0 {
			t.Errorf("not told: %v in %v", want, out["problems"])
		}
		if text := fmt.Sprint(out); strings.Contains(text, "Made Up") || strings.Contains(text, "D-3") {
			t.Errorf("the answer repeats the file: %s", text)
		}

		moved := strings.NewReplacer("D-1,Made Up,370101", "D-1,Made Up,3702").Replace(file)
		counts(send(200, "epi", "?file=again.csv", "text/csv", strings.NewReader(moved)), "4 0 1 0 1 2")
		// Bound to the north: who is asked about elsewhere is rejected row by row, and nobody from there is moved here.
		out = send(200, "north", "", "text/csv", strings.NewReader("document,community code\nD-1,370101\nD-8,3702\nD-9,370101\n"))
		counts(out, "3 1 0 0 0 2")
		if out["area"] != "3701" {
			t.Errorf("bound to %v", out["area"])
		}

		var book bytes.Buffer
		if _, err := exchange.WriteXLSX(&book, "register", []string{"身份证号", "社区代码"}, func(yield func([]exchange.Value, error) bool) {
			yield([]exchange.Value{exchange.Text("D-20"), exchange.Text("370101")}, nil)
		}); err != nil {
			t.Fatal(err)
		}
		counts(send(200, "epi", "", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &book), "1 1 0 0 0 0")

		kept := w.options.DB.Head()
		send(403, "driver", "", "text/csv", strings.NewReader(file))
		send(403, "audit", "", "text/csv", strings.NewReader(file))
		send(403, "north", "?area=3702", "text/csv", strings.NewReader(file))
		if out := send(422, "epi", "?area=99", "text/csv", strings.NewReader(file)); w.location(out) != "query.area" {
			t.Errorf("no such area: %v", out)
		}
		for name, text := range map[string]string{"empty": "", "a PDF": "%PDF-1.4", "a workbook cut off": "PK\x03\x04", "no register": "a,b\n1,2\n"} {
			if out := send(422, "epi", "", "application/octet-stream", strings.NewReader(text)); w.location(out) != "body.file" {
				t.Errorf("%s: %v", name, out)
			}
		}
		if rec := w.raw("epi", "", "POST", path, "text/csv", strings.NewReader(file)); rec.Code != 403 {
			t.Errorf("without a purpose: %d %s", rec.Code, rec.Body)
		}
		if out := send(413, "epi", "", "text/csv", io.MultiReader(strings.NewReader("document,community code\n"), strings.NewReader(strings.Repeat("D-1,370101\n", 1<<21)))); out["kind"] != "too-large" {
			t.Errorf("too large: %v", out)
		}
		if w.options.DB.Head() != kept+4 { // of each of the four who were refused, that they asked
			t.Error("what was refused left a fact, or who was refused left none")
		}
	})
}
