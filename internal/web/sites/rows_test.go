package sites

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/command"
)

func TestReadRows(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name, text string
		want       []command.SiteFields
		lines      []int
		wrong      string // field of the error
	}{
		{"from a sheet", "code\tlanes\tarea\nA-1\t3\t31\nA-2\t\t32\n", []command.SiteFields{{Code: "A-1", Area: "31", Lanes: 3}, {Code: "A-2", Area: "32", Lanes: 1}}, []int{2, 3}, ""},
		{"without a header", "A-1;Hall;31;2;120.5;36.8", []command.SiteFields{{Code: "A-1", Name: "Hall", Area: "31", Lanes: 2, Lon: 120.5, Lat: 36.8, Located: true}}, []int{1}, ""},
		{"hours", "A,,31,,,,08:00,20:00\nB,,31,,,,22：00,6:00\nC,,31", []command.SiteFields{{Code: "A", Area: "31", Lanes: 1, Opens: 8 * time.Hour, Closes: 20 * time.Hour}, {Code: "B", Area: "31", Lanes: 1, Opens: 22 * time.Hour, Closes: 6 * time.Hour}, {Code: "C", Area: "31", Lanes: 1}}, []int{1, 2, 3}, ""},
		{"hours by name", "opens\tcloses\tcode\tarea\n07:30\t24:00\tA\t31", []command.SiteFields{{Code: "A", Area: "31", Lanes: 1, Opens: 7*time.Hour + 30*time.Minute, Closes: 24 * time.Hour}}, []int{2}, ""},
		{"no time of day", "code,area,opens,closes\nA,31,08:00,20:00\nB,31,noon,20:00", nil, nil, "3: opens"},
		{"opens and never closes", "code,area,opens,closes\nA,31,08:00,", nil, nil, "2: closes"},
		{"an unknown column", "code,colour\nA,red", nil, nil, "1: row"},
		{"no number", "A,Hall,31,many", nil, nil, "1: lanes"},
		{"half a place", "A,Hall,31,2,120.5,", nil, nil, "1: lat"},
		{"too many cells", "A,Hall,31,2,120.5,36,,,x", nil, nil, "1: row"},
		{"nothing", "\n", nil, nil, "rows"},
	} {
		got, lines, err := ReadRows(x.text)
		var bad *command.Invalid
		if x.wrong != "" {
			if !errors.As(err, &bad) || bad.Field != x.wrong {
				t.Errorf("%s: %v, want an error about %q", x.name, err, x.wrong)
			}
			continue
		}
		if err != nil || len(got) != len(x.want) {
			t.Errorf("%s: %v, %v", x.name, got, err)
			continue
		}
		for i := range got {
			if got[i] != x.want[i] || lines[i] != x.lines[i] {
				t.Errorf("%s: row %d is %+v in line %d, want %+v in line %d", x.name, i, got[i], lines[i], x.want[i], x.lines[i])
			}
		}
	}
}

func FuzzReadRows(f *testing.F) {
	f.Add("code\tarea\nA\t31")
	f.Add("code,opens,closes\nA,8:00,24:00")
	f.Add("A;\"B\n;C\";31;1;;")
	f.Fuzz(func(t *testing.T, text string) {
		list, lines, err := ReadRows(text)
		var bad *command.Invalid
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("%T: %v", err, err)
		}
		if err == nil && (len(list) == 0 || len(list) != len(lines)) {
			t.Fatalf("%d sites of %d lines", len(list), len(lines))
		}
	})
}

func TestDesks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1-4, 7": 5, "3": 1, "reserve": 1, "1、2": 2, "": 0, "1-99": 0, "4-1": 0} {
		got, err := desksOf(text)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
