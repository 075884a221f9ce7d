package isolation_test

import (
	"reflect"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/web/isolation"
)

func TestReadRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []command.RoomFields
		lines      []int
		wrong      string
	}{
		{"in order", "101,A,2,private,oxygen+lift\n\n102,A\n", []command.RoomFields{{Code: "101", Group: "A", Beds: 2, Use: facility.Private, Care: []string{"oxygen", "lift"}}, {Code: "102", Group: "A", Beds: 1}}, []int{1, 3}, ""},
		{"header in another order", "\ufeffBeds\tCode\n3\tW1\n", []command.RoomFields{{Code: "W1", Beds: 3}}, []int{2}, ""},
		{"semicolons", "W1;;40;ward;;icu", []command.RoomFields{{Code: "W1", Beds: 40, Use: facility.Ward, Level: facility.ICU}}, []int{1}, ""},
		{"no number", "101,A,two", nil, nil, `1: beds`},
		{"unknown column", "code,floor\n101,1", nil, nil, "1: row"},
		{"too many cells", "101,A,1,private,,,x", nil, nil, "1: row"},
		{"nothing", " \n", nil, nil, "rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, lines, err := isolation.ReadRows(c.text)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Fatalf("error %v, want one of %s", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if len(got[i].Care) == 0 {
					got[i].Care = nil
				}
			}
			if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(lines, c.lines) {
				t.Errorf("got %+v %v, want %+v %v", got, lines, c.want, c.lines)
			}
		})
	}
}
