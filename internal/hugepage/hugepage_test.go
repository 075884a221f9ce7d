package hugepage_test

import (
	"testing"

	"firebreak/internal/hugepage"
)

// TestLists: what is made is what make would have made, around the sizes where advice begins and where no whole page fits.
func TestLists(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5 << 20} {
		s := hugepage.Make[int32](n)
		if len(s) != n || cap(s) < n {
			t.Fatalf("a list of %d has length %d and capacity %d", n, len(s), cap(s))
		}
		for i := range s {
			if s[i] != 0 {
				t.Fatalf("entry %d of %d is %d", i, n, s[i])
			}
			s[i] = int32(i)
		}
		for i := range s {
			if s[i] != int32(i) {
				t.Fatalf("entry %d of %d became %d", i, n, s[i])
			}
		}
		if r := hugepage.Room[int32](n); len(r) != 0 || cap(r) < n {
			t.Fatalf("room for %d has length %d and capacity %d", n, len(r), cap(r))
		}
	}
}

// BenchmarkFill is the first writing of 256 MB with and without advice: the difference is what faults cost on this machine.
func BenchmarkFill(b *testing.B) {
	const n = 32 << 20
	fill := func(b *testing.B, list func(int) []int64) {
		b.SetBytes(n * 8)
		for b.Loop() {
			s := list(n)
			for i := 0; i < n; i += 512 {
				s[i] = 1
			}
		}
	}
	b.Run("make", func(b *testing.B) { fill(b, func(n int) []int64 { return make([]int64, n) }) })
	b.Run("advised", func(b *testing.B) { fill(b, hugepage.Make[int64]) })
}
