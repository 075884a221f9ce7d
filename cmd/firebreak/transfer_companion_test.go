package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"firebreak/internal/api"
)

// A child of six who is a case is moved with its mother where she can, or with an aunt whom the family has chosen; both by commands.
func TestAccompany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	today := time.Now().UTC().Format("2006-01-02")
	var nothing any
	runJSON(t, &nothing, "areas", "import", "--data", data, "--json", file("areas.csv", "code,name,level,parent\n37,City,city,\n3701,District,district,37\n370101,Lane,community,3701\n"))
	runJSON(t, &nothing, "outbreak", "start", "--data", data, "--pack", "covid19/2022-v9@1", "--area", "37", "--json", "o")
	runJSON(t, &nothing, "people", "import", "--data", data, "--outbreak", "o", "--json", file("people.csv", "document,name,community code,household,age,sex\nA1,Child,370101,1,6,f\nA2,Mother,370101,1,36,f\nA3,Brother,370101,2,7,m\n"))
	runJSON(t, &nothing, "import", "--data", data, "--outbreak", "o", "--json", file("cases.csv", "code,name,document number,class,onset,report date\nC1,Child,A1,confirmed,"+today+","+today+"\nC2,Brother,A3,confirmed,"+today+","+today+"\n"))
	of := []string{"--data", data, "--outbreak", "o"}
	var list api.Transfers
	runJSON(t, &list, append([]string{"transfer", "list", "--json"}, of...)...)
	if len(list.Items) != 2 || !list.Items[0].Alone || !list.Items[1].Alone {
		t.Fatalf("to be moved are %+v", list.Items)
	}
	child, brother := strconv.FormatInt(list.Items[0].ID, 10), strconv.FormatInt(list.Items[1].ID, 10)
	var adults api.Companions
	runJSON(t, &adults, append([]string{"transfer", "companions", "--json", child}, of...)...)
	if len(adults.Items) != 1 || !adults.Items[0].Can || *adults.Items[0].Age != 36 {
		t.Fatalf("the adults are %+v", adults.Items)
	}
	mother := strconv.FormatInt(adults.Items[0].Person, 10)
	for name, args := range map[string][]string{
		"is needed: nobody is made to go along": {"--person", mother},
		"say who goes along":                    {"--agreed"},
		"say who of its family has chosen them": {"--document", "B9", "--name", "Aunt", "--agreed"},
		"is needed with the name":               {"--document", "B9", "--chosen-by", "mother, by phone", "--agreed"},
	} {
		if code, _, out := run3(t, nil, append(append([]string{"transfer", "accompany", child}, of...), args...)...); code == 0 || !strings.Contains(out, name) {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
	var along api.Transfer
	runJSON(t, &along, append([]string{"transfer", "accompany", child, "--person", mother, "--agreed", "--json"}, of...)...)
	if along.Companion != adults.Items[0].Person || along.Party != list.Items[0].Party {
		t.Errorf("the mother goes along by %+v", along)
	}
	if _, out, _ := run3(t, nil, append([]string{"transfer", "companions", brother}, of...)...); !strings.Contains(out, "the family may choose somebody else") {
		t.Errorf("who can go along with the other: %s", out)
	}
	if code, out, _ := run3(t, nil, append([]string{"transfer", "accompany", brother, "--document", "B9", "--name", "Aunt", "--chosen-by", "mother, by phone", "--agreed"}, of...)...); code != 0 || !strings.Contains(out, "goes along with the child of transfer "+brother) {
		t.Errorf("whom the family has chosen: exit %d: %s", code, out)
	}
	if _, out, _ := run3(t, nil, append([]string{"transfer", "list"}, of...)...); strings.Count(out, "person ") != 2 || !strings.Contains(out, "GOES ALONG") {
		t.Errorf("to be moved are\n%s", out)
	}
	// They may think better of it at any time; the child is still to be moved, and somebody else may go along.
	for reason, args := range map[string][]string{
		"--reason":                       {strconv.FormatInt(along.ID, 10)},
		"is needed, of 300":              {strconv.FormatInt(along.ID, 10), "--reason", " "},
		"is what a task asks for: waive": {child, "--reason", "no"},
		"of outbreak \"o\"":              {"999", "--reason", "no"},
	} {
		if code, _, out := run3(t, nil, append(append([]string{"transfer", "cancel"}, of...), args...)...); code == 0 || !strings.Contains(out, reason) && !strings.Contains(out, "transfer 999") {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
	var gone api.Transfer
	runJSON(t, &gone, append([]string{"transfer", "cancel", strconv.FormatInt(along.ID, 10), "--reason", "stays with the other child", "--json"}, of...)...)
	if gone.ID != along.ID || gone.State != "cancelled" || gone.Companion != along.Companion {
		t.Errorf("cancelled is %+v", gone)
	}
	if code, _, out := run3(t, nil, append([]string{"transfer", "cancel", strconv.FormatInt(along.ID, 10), "--reason", "again"}, of...)...); code == 0 || !strings.Contains(out, "cannot be cancelled") {
		t.Errorf("cancelled again: exit %d: %s", code, out)
	}
	var left api.Transfers
	runJSON(t, &left, append([]string{"transfer", "list", "--json"}, of...)...)
	if len(left.Items) != 3 || !left.Items[0].Alone {
		t.Errorf("to be moved are %+v", left.Items)
	}
	if code, out, _ := run3(t, nil, append([]string{"transfer", "accompany", child, "--person", mother, "--agreed"}, of...)...); code != 0 {
		t.Errorf("she goes along after all: exit %d: %s", code, out)
	}
}
