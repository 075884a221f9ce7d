package now

import (
	"testing"

	"firebreak/internal/board"
	"firebreak/internal/day"
)

// TestEstimateSaysWhyNot: no figure is better than one that says what it cannot know, and the screen tells which it was.
func TestEstimateSaysWhyNot(t *testing.T) {
	first := day.MustParse("2022-03-01")
	days := func(perDay ...int) (out []board.Day) {
		for i, n := range perDay {
			out = append(out, board.Day{Day: first.Add(i), Cell: board.Cell{Outside: n}})
		}
		return out
	}
	many := days(3, 5, 8, 12, 15, 20, 22, 25, 30, 31)
	for _, x := range []struct {
		name           string
		ill            []board.Day
		complete       int // days from the first
		estimated, few bool
	}{
		{"ten days of many cases", many, 10, true, false},
		{"as many cases, of which five days are complete", many, 5, false, false},
		{"none of the days is complete", many, 0, false, false},
		{"ten days of a case every other day", days(1, 0, 1, 0, 1, 0, 1, 0, 1, 0), 10, false, true},
		{"nobody ill", nil, 10, false, true},
	} {
		got, early, err := estimate(x.ill, first.Add(9), first.Add(x.complete), 4.6, 2.9)
		if err != nil {
			t.Fatal(err)
		}
		if (got != nil) != x.estimated || early != (!x.estimated && !x.few) {
			t.Errorf("%s: %+v, early %t", x.name, got, early)
		}
	}
}
