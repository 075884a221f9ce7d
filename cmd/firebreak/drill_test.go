package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/drill/scorecard"
)

// played runs a drill and returns its card, and the code that the command ended with.
func played(t *testing.T, args ...string) (*scorecard.Card, int, string) {
	t.Helper()
	var out, said bytes.Buffer
	p := &process{Args: append([]string{"drill", "--json"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said, Getenv: func(string) string { return "" }, Now: time.Now, User: "test"}
	code := execute(t.Context(), p)
	card := &scorecard.Card{}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), card); err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
	}
	return card, code, said.String()
}

// A small town, two rounds, a rumour, a laboratory and a bus that fail, tubes that are lost, a server that is killed in the middle of a round: nobody is lost, every
// count meets, and the card is the same whenever it is played.
func TestDrill(t *testing.T) {
	if testing.Short() {
		t.Skip("plays six days of a town")
	}
	card, code, said := played(t, "--scenario", filepath.Join("testdata", "drill-small.yaml"))
	if code != codeOK || !card.Sound() {
		t.Errorf("code %d, %d lost, %d unreconciled: %v\n%s", code, card.Lost, card.Unreconciled, card.Why, said)
	}
	if card.Kills != 1 || card.Rounds < 1 || card.Transfers < 10 || card.Contacts < 50 {
		t.Errorf("the drill shows little: %+v", card)
	}
	if card.Nothing.Infected <= card.TrueInfected || card.Paper.Infected < card.TrueInfected {
		t.Errorf("with the system %d were infected, with paper %d, with nothing %d", card.TrueInfected, card.Paper.Infected, card.Nothing.Infected)
	}
	card.Wall, card.SetUp, card.Routes = 0, 0, nil // the machine's, not the drill's
	got, err := json.MarshalIndent(card, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "drill-small.golden.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got)+"\n" {
		t.Errorf("the card is not that of %s; look at what differs, then run with -update:\n%s", golden, got)
	}
}

// Port workers are tested each day until one is found; the card is kept in the folder, beside that of an earlier drill, and read again as it was printed.
func TestTheCardOfADrillIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("plays six days of a port")
	}
	dir := filepath.Join(t.TempDir(), "data")
	card, code, said := played(t, "--scenario", "port-leak", "--people", "1000", "--days", "6", "--data", dir, "--beside", filepath.Join("testdata", "drill-small.golden.json"))
	if code != codeOK || card.RoutineTests == 0 || card.FirstDay == nil || card.Needs == 0 || card.NeedsMet > card.Needs {
		t.Fatalf("code %d, card %+v\n%s", code, card, said)
	}
	var kept api.DrillCards
	read := func(into any, args ...string) {
		t.Helper()
		var out, said bytes.Buffer
		p := &process{Args: append([]string{"drill"}, append(args, "--outbreak", "port-leak", "--data", dir, "--json")...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said, Getenv: func(string) string { return "" }, Now: time.Now, User: "test"}
		if code := execute(t.Context(), p); code != codeOK {
			t.Fatalf("%v: code %d: %s", args, code, said.String())
		}
		if err := json.Unmarshal(out.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	read(&kept, "list")
	if len(kept.Items) != 2 || kept.Items[0].Number != 2 || kept.Items[1].Card.Scenario != "small" {
		t.Fatalf("cards %+v", kept.Items)
	}
	var newest, first api.DrillCard
	read(&newest, "show")
	if !reflect.DeepEqual(&newest.Card, card) {
		t.Errorf("the card was printed as %+v and kept as %+v", card, newest.Card)
	}
	read(&first, "show", "--number", "1")
	if first.Number != 1 || first.Card.Scenario != "small" {
		t.Errorf("card 1: %+v", first)
	}
}

func TestDrillRefusesWhatItCannotPlay(t *testing.T) {
	t.Parallel()
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	text, err := os.ReadFile(filepath.Join("testdata", "drill-small.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(wrong, bytes.Replace(text, []byte("days: 6"), []byte("days: 0"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--scenario", "nowhere"}, codeUsage, "laixi-2022"},
		{[]string{"--scenario", wrong}, codeRejected, "days: 0 is not 1 to 366"},
		{[]string{"--scenario", "laixi-2022", "--url", "http://127.0.0.1:1"}, codeUsage, "--tokens"},
		{[]string{"--scenario", "laixi-2022", "--prepare"}, codeUsage, "--data"},
		{[]string{"--scenario", "laixi-2022", "--play", "--speed", "61"}, codeUsage, "1 to 60"},
		{[]string{"--scenario", "laixi-2022", "--play", "--roles", "hospital,laboratory"}, codeUsage, "laboratory"},
		{[]string{"--scenario", "laixi-2022", "--play", "--listen", "nowhere"}, codeUsage, "--listen"},
		{[]string{"--scenario", "laixi-2022", "--play", "--url", "http://127.0.0.1:1", "--tokens", wrong}, codeUsage, "--play"},
	} {
		if _, code, said := played(t, c.args...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%v: code %d, %s; want %d and %q", c.args, code, said, c.code, c.says)
		}
	}
}
