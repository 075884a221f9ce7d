package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"firebreak/internal/store"
)

var update = flag.Bool("update", false, "write docs/cli.md and the results in scripts anew")

// TestDocs keeps docs/cli.md equal to what the program says of itself.
func TestDocs(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "docs", "cli.md")
	want := manual(parser.Model)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/cli.md is not what the commands say; run: go test ./cmd/firebreak -run TestDocs -update")
	}
}

func manual(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("# The firebreak command\n\nMade by `go test ./cmd/firebreak -run TestDocs -update` from the program itself; do not edit.\n\n")
	b.WriteString("Results go to stdout: a table or a sentence for people, with `--json` one JSON value. Errors go to stderr: one sentence, with `--json`\n`{\"error\":{\"kind\",\"code\",\"message\"}}`. " +
		"What takes over a second shows its progress on stderr. A command with `--data DIR` works on the\nfolder with no server running; where one runs, `--url URL` and a token do the same through it, with the same result. `backup`, `check` and `audit verify` read beside a\nrunning server.\n\n")
	b.WriteString("## Exit codes\n\n| code | kind | when |\n|---|---|---|\n")
	for _, o := range outcomes() {
		fmt.Fprintf(&b, "| %d | `%s` | %s |\n", o.Code, o.Kind, o.When)
	}
	b.WriteString("\n## Environment\n\n| variable | meaning |\n|---|---|\n| `FIREBREAK_DB` | database URL where `--db` is not given |\n")
	fmt.Fprintf(&b, "| `%s` | the bearer token that `serve` asks for at /metrics, where that has no address of its own |\n", metricsTokenVar)
	fmt.Fprintf(&b, "| `%s` | the master key of the identity vault, in place of `%s` in the data folder |\n", masterKeyVar, store.MasterKeyFile)
	fmt.Fprintf(&b, "| `%s` | the API token where `--token` is not given |\n", tokenVar)
	b.WriteString("\n## Commands\n")
	for _, n := range app.Leaves(true) {
		fmt.Fprintf(&b, "\n### firebreak %s\n\n%s\n", strings.TrimPrefix(n.FullPath(), "firebreak "), n.Help)
		if n.Detail != "" {
			fmt.Fprintf(&b, "\n%s\n", n.Detail)
		}
		b.WriteString("\n| argument | meaning |\n|---|---|\n")
		for _, a := range n.Positional {
			fmt.Fprintf(&b, "| `%s` | %s |\n", a.Summary(), a.Help)
		}
		for _, f := range n.Flags {
			text := "--" + f.Name
			if !f.IsBool() {
				text += " " + strings.Trim(f.FormatPlaceHolder(), `"`)
			}
			help := f.Help
			if f.HasDefault {
				help += " Default: " + f.Default + "."
			}
			if f.Required {
				help += " Required."
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", text, help)
		}
	}
	return b.String()
}

// Every command with a table or a text takes --json; serve and demo have no result, they go on until they are stopped.
func TestEveryCommandHasJSON(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Leaves(true) {
		found := n.Name == "serve" || n.Name == "demo"
		for _, f := range n.Flags {
			found = found || f.Name == "json"
		}
		if !found {
			t.Errorf("%s has no --json", n.FullPath())
		}
	}
}
