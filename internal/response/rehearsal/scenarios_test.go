package rehearsal

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"firebreak/internal/protocol"
	"firebreak/protocols"
)

func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(protocols.Files, "*/*/scenarios/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	perPack := map[string]int{}
	for _, file := range files {
		perPack[path.Dir(path.Dir(file))]++
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(protocols.Files, file)
			if err != nil {
				t.Fatal(err)
			}
			if err := Play("protocols/"+file, string(text)); err != nil {
				t.Error(err)
			}
		})
	}
	packs, err := protocol.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packs {
		if perPack[p.Name] < 3 {
			t.Errorf("%s has %d scenarios, want at least 3", p.Name, perPack[p.Name])
		}
	}
}

func TestPlayNamesFileAndLine(t *testing.T) {
	t.Parallel()
	const head = "pack covid19/2022-v9\nzone Asia/Shanghai\n2022-07-05 09:00 case A confirmed, onset 2022-07-03\n"
	for _, c := range []struct {
		name, text, want string
		is               error
	}{
		{"wrong deadline", head + "expect task move_case A due 2022-07-05 12:00\n", "x.txt:4: ", ErrExpected},
		{"task that is there", head + "\nexpect no task move_case A\n", "x.txt:5: ", ErrExpected},
		{"wrong class", head + "expect class A suspected\n", `is "confirmed", want "suspected"`, ErrExpected},
		{"wrong climb", head + "expect climb move_case A to duty-officer at 2022-07-05 11:00\n", "x.txt:4: ", ErrExpected},
		{"no such person", head + "expect tier B close\n", "B is no contact", ErrExpected},
		{"unknown verb", head + "2022-07-06 teleported A\n", `verb "teleported"`, ErrScript},
		{"unknown task", head + "expect task sing A\n", `"sing"`, ErrScript},
		{"unknown key", head + "expect task move_case A by 2022-07-05\n", `"by"`, ErrScript},
		{"back in time", head + "2022-07-04 case C confirmed\nexpect class C confirmed\n", "x.txt:4: ", ErrScript},
		{"no pack", "2022-07-04 case C confirmed\n", "x.txt:1: ", ErrScript},
		{"unknown pack", "pack covid19/2099\n", "x.txt:1: ", protocol.ErrUnknown},
		{"nothing expected", head, "expects nothing", ErrScript},
		{"open count", head + "expect open tasks A 99\n", "are open", ErrExpected},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := Play("x.txt", c.text)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Play error = %v, want one with %q that wraps %v", err, c.want, c.is)
			}
		})
	}
}

func FuzzPlay(f *testing.F) {
	files, err := fs.Glob(protocols.Files, "covid19/2022-v9/scenarios/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(protocols.Files, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Whatever is written, the answer is an error that names the file, or none.
		if err := Play("x.txt", text); err != nil && !strings.HasPrefix(err.Error(), "x.txt:") {
			t.Errorf("error %q does not start with the file", err)
		}
	})
}
