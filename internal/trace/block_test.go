package trace

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBlockIsReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var text, both = []byte{}, Block{}
		var want Block
		for range rapid.IntRange(1, 3).Draw(t, "blocks") {
			b := Block{Visits: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Visit { return drawVisit(t, 100, 100) }), 0, 20).Draw(t, "visits")}
			if rapid.Bool().Draw(t, "spots") {
				b.Spots = make([]Spot, len(b.Visits))
				for i := range b.Spots {
					b.Spots[i] = Spot{Row: int16(i), Column: -1, Point: i%2 == 0, X: float32(i) / 3}
				}
			}
			text = AppendBlock(text[:0], b)
			if err := ReadBlock(text, &both); err != nil {
				t.Fatal(err)
			}
			want.Visits = append(want.Visits, b.Visits...)
			if b.Spots == nil {
				b.Spots = make([]Spot, len(b.Visits))
			}
			want.Spots = append(want.Spots, b.Spots...)
		}
		if !slices.Equal(both.Visits, want.Visits) {
			t.Errorf("got %v, want %v", both.Visits, want.Visits)
		}
		if both.Spots != nil && !slices.Equal(both.Spots, want.Spots) {
			t.Errorf("got %v, want %v", both.Spots, want.Spots)
		}
		if both.Spots == nil && slices.ContainsFunc(want.Spots, Spot.Known) {
			t.Error("spots are gone")
		}
	})
}

// Bytes that are no block are refused; what is read can be kept.
func FuzzReadBlock(f *testing.F) {
	f.Add(AppendBlock(nil, Block{Visits: []Visit{{1, 2, noon, noon + 60}}, Spots: []Spot{{Row: 3}}}))
	f.Add([]byte{blockForm, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		var b Block
		if err := ReadBlock(text, &b); err != nil {
			if !errors.Is(err, ErrBlock) {
				t.Fatal(err)
			}
			return
		}
		for _, v := range b.Visits {
			if err := v.Check(); err != nil {
				t.Fatal(err)
			}
		}
		if b.Spots != nil && len(b.Spots) != len(b.Visits) {
			t.Fatalf("%d spots for %d visits", len(b.Spots), len(b.Visits))
		}
	})
}
