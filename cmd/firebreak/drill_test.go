package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
