package i18n

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

func load(t *testing.T) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// How texts are asked for: by whole key, or by the prefix of a closed set.
var (
	wholeKey = regexp.MustCompile(`(?:\bt |i18n\.M\(|\.T\(|\bM\(|\.Pattern\()"([a-z0-9_.]+)"`)
	prefix   = regexp.MustCompile(`(?:\bte |Enum\(|Choices\(|\.Forms\(l\.Lang, )"([a-z0-9_.]+)"`)
	labelKey = regexp.MustCompile(`(?:i18n\.M|\.T)\("([a-z0-9_.]+)" ?\+`)
)

// usedKeys reads the sources for the keys and prefixes they ask for.
func usedKeys(t *testing.T) (keys, prefixes map[string]string) {
	t.Helper()
	keys, prefixes = map[string]string{}, map[string]string{}
	read := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "vendor" {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(path)
		if (ext != ".go" && ext != ".html") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// Other packages may have functions of these names.
		if ext == ".go" && !strings.Contains(string(body), `"firebreak/internal/i18n"`) && !strings.Contains(string(body), `"firebreak/internal/web/ui"`) && filepath.Dir(path) != filepath.Join("..", "i18n") {
			return nil
		}
		for _, m := range wholeKey.FindAllSubmatch(body, -1) {
			keys[string(m[1])] = path
		}
		for _, m := range prefix.FindAllSubmatch(body, -1) {
			prefixes[string(m[1])+"."] = path
		}
		for _, m := range labelKey.FindAllSubmatch(body, -1) {
			prefixes[string(m[1])] = path
			delete(keys, string(m[1]))
		}
		return nil
	}
	for _, root := range []string{"..", "../../cmd"} {
		if err := filepath.WalkDir(root, read); err != nil {
			t.Fatal(err)
		}
	}
	// The prefix of a doc comment's example and of Choices' own parameter are no keys.
	delete(keys, "cases.moved")
	return keys, prefixes
}

func TestEveryKeyUsedIsInEveryLanguageAndNoneIsUnused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	b := load(t)
	keys, prefixes := usedKeys(t)
	if len(keys) < 100 || len(prefixes) < 10 {
		t.Fatalf("found %d keys and %d prefixes in the sources: the patterns of this test no longer fit", len(keys), len(prefixes))
	}
	for _, l := range b.Languages() {
		have := b.Keys(l.Lang)
		for key, path := range keys {
			if !slices.Contains(have, key) {
				t.Errorf("%s: %q, used in %s, has no text", l.Lang, key, path)
			}
		}
		for p, path := range prefixes {
			if !slices.ContainsFunc(have, func(k string) bool { return strings.HasPrefix(k, p) }) {
				t.Errorf("%s: no text begins with %q, used in %s", l.Lang, p, path)
			}
		}
		for _, key := range have {
			if _, used := keys[key]; used {
				continue
			}
			used := false
			for p := range prefixes {
				used = used || strings.HasPrefix(key, p)
			}
			if !used {
				t.Errorf("%s: %q is used nowhere", l.Lang, key)
			}
		}
	}
}

func TestLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	b := load(t)
	for _, l := range b.Languages() {
		if missing := difference(b.Keys(Default), b.Keys(l.Lang)); len(missing) > 0 {
			t.Errorf("%s lacks %v", l.Lang, missing)
		}
		if extra := difference(b.Keys(l.Lang), b.Keys(Default)); len(extra) > 0 {
			t.Errorf("%s has %v, which %s lacks", l.Lang, extra, Default)
		}
		for _, key := range b.Keys(Default) {
			if got, want := b.Params(l.Lang, key), b.Params(Default, key); !slices.Equal(got, want) {
				t.Errorf("%s: %s has parameters %v, %s has %v", l.Lang, key, got, Default, want)
			}
		}
	}
}

func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(k string) bool { return slices.Contains(b, k) })
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	b := load(t)
	for _, tc := range []struct {
		name   string
		choice Lang
		accept string
		want   Lang
	}{
		{"own choice wins", "zh", "en-GB", "zh"},
		{"unknown choice falls to the browser", "xx", "zh-CN,zh;q=0.9,en;q=0.5", "zh"},
		{"region", "", "zh-SG", "zh"},
		{"traditional script is still Chinese", "", "zh-TW", "zh"},
		{"order of quality", "", "en;q=0.4, zh;q=0.8", "zh"},
		{"none we have", "", "ta", Default},
		{"nothing asked", "", "", Default},
		{"nonsense", "", ";;;=", Default},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := b.Negotiate(tc.choice, tc.accept); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	b := load(t)
	zone := time.FixedZone("CST", 8*3600)
	en, zh := b.Localizer("en", zone), b.Localizer("zh", zone)
	at := time.Date(2022, 3, 12, 13, 40, 5, 0, time.UTC)
	for _, tc := range []struct{ name, got, want string }{
		{"number", en.Number(9871204), "9,871,204"},
		{"negative", en.Number(-1204), "-1,204"},
		{"decimal", en.Decimal(0.807, 2), "0.81"},
		{"not a number", en.Decimal(math.NaN(), 2), "–"},
		{"percent rounds down", en.Percent(0.99999, 1), "99.9 %"},
		{"percent keeps exact", en.Percent(0.29, 0), "29 %"},
		{"percent zh", zh.Percent(1, 1), "100.0%"},
		{"compact", en.Compact(10071722), "10.07 M"},
		{"compact zh", zh.Compact(10071722), "1,007.2万"},
		{"small is whole", zh.Compact(9871), "9,871"},
		{"date", en.Date(at), "12 Mar 2022"},
		{"date zh", zh.Date(at), "2022年3月12日"},
		{"in the outbreak's zone", en.Clock(at), "21:40"},
		{"exact", en.Exact(at), "12 Mar 2022 21:40:05 UTC+08:00"},
		{"zero time", en.Date(time.Time{}), "–"},
		{"day", en.Day("2022-03-12"), "12 Mar 2022"},
		{"no day", en.Day("March"), "March"},
		{"moment", en.Duration(59 * time.Second), "under a minute"},
		{"minutes", en.Duration(35 * time.Minute), "35 min"},
		{"hours and minutes", en.Duration(80 * time.Minute), "1 h 20"},
		{"minutes of two digits", en.Duration(65 * time.Minute), "1 h 05"},
		{"whole hours", zh.Duration(2 * time.Hour), "2 小时"},
		{"days and hours", en.Duration(76 * time.Hour), "3 d 4 h"},
		{"whole days", zh.Duration(72 * time.Hour), "3 天"},
		{"deadline ahead", en.Deadline(at.Add(80*time.Minute), at), "in 1 h 20"},
		{"deadline past", en.Deadline(at.Add(-35*time.Minute), at), "35 min late"},
		{"deadline past zh", zh.Deadline(at.Add(-35*time.Minute), at), "超时 35 分钟"},
		{"ago", zh.Ago(at.Add(-35*time.Minute), at), "35 分钟前"},
		{"plural one", en.T("duty.rooms", "n", 1), "1 room left"},
		{"plural many", en.T("duty.rooms", "n", 1204), "1,204 rooms left"},
		{"large counts", en.T("duty.rooms", "n", 10_000_001), "10,000,001 rooms left"},
		{"message in message", en.T("duty.held", "who", M("nav.tasks")), "held by Tasks"},
		{"set", zh.Enum("status", "late"), "已超时"},
		{"value outside the set", zh.Enum("status", "x-ray"), "x-ray"},
		{"missing key", en.T("no.such"), "‹no.such›"},
		{"missing parameter", en.T("duty.held"), "held by {who}"},
		{"unknown language", b.Localizer("xx", nil).T("nav.now"), "Now"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

// A share below one must never be shown as all, nor above what it is.
func TestPercentNeverClaimsMore(t *testing.T) {
	t.Parallel()
	l := load(t).Localizer("en", nil)
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 20_000_000).Draw(t, "total")
		done := rapid.Int64Range(0, total).Draw(t, "done")
		got := l.Percent(float64(done)/float64(total), 1)
		if (got == "100.0 %") != (done == total) {
			t.Fatalf("%d of %d is shown as %s", done, total, got)
		}
	})
}

func TestLoadRejects(t *testing.T) {
	t.Parallel()
	good := `{"tag":"en","name":"English","short":"EN","formats":{},"messages":{"a":"b"}}`
	for _, tc := range []struct{ name, file, body string }{
		{"no default", "zh.json", strings.Replace(good, `"tag":"en"`, `"tag":"zh"`, 1)},
		{"no json", "en.json", `{`},
		{"bad tag", "en.json", strings.Replace(good, `"tag":"en"`, `"tag":"e!"`, 1)},
		{"no name", "en.json", strings.Replace(good, "English", "", 1)},
		{"unknown field", "en.json", strings.Replace(good, `"tag"`, `"x":1,"tag"`, 1)},
		{"parameter not closed", "en.json", strings.Replace(good, `"b"`, `"b {n"`, 1)},
		{"parameter without name", "en.json", strings.Replace(good, `"b"`, `"b {}"`, 1)},
		{"plural without other", "en.json", strings.Replace(good, `"b"`, `{"one":"b"}`, 1)},
		{"unknown plural", "en.json", strings.Replace(good, `"b"`, `{"other":"b","dozen":"c"}`, 1)},
		{"number for text", "en.json", strings.Replace(good, `"b"`, `3`, 1)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := LoadFS(fstest.MapFS{tc.file: {Data: []byte(tc.body)}}); err == nil {
				t.Error("loaded, want an error")
			}
		})
	}
	if _, err := LoadFS(fstest.MapFS{"en.json": {Data: []byte(good)}}); err != nil {
		t.Errorf("the good file does not load: %v", err)
	}
}
