package results

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// However samples come in and change: the record that was kept up is the one of all samples as they are at the end, and survives being packed.
func TestRecordIsAFunctionOfTheSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := map[uint32]sample{}
		var kept record
		for range rapid.IntRange(1, 25).Draw(t, "changes") {
			var s sample
			if len(all) > 0 && rapid.IntRange(0, 2).Draw(t, "again") > 0 { // a result, or a correction
				keys := make([]uint32, 0, len(all))
				for k := range all {
					keys = append(keys, k)
				}
				slices.Sort(keys)
				s = all[rapid.SampledFrom(keys).Draw(t, "which")]
			} else {
				s.source = rapid.Uint32Range(1, 12).Draw(t, "source")
				if _, ok := all[s.source]; ok {
					continue
				}
				// Minutes apart, so that some share a minute or a second; some are weeks apart.
				s.sampled = 60 + rapid.Int64Range(0, 200).Draw(t, "sampled") + 86400*rapid.SampledFrom([]int64{0, 0, 1, 20, 40}).Draw(t, "day")
			}
			s.state = rapid.SampledFrom([]State{Awaited, Negative, Negative, Checked, Again, Positive}).Draw(t, "state")
			s.resulted = s.sampled + rapid.Int64Range(-5, 600_000).Draw(t, "took")
			all[s.source] = s
			var again bool
			kept, again = kept.with(s)
			if again {
				kept = ofAll(values(all))
			}
			kept = unpack(kept.pack(), kept.source)
		}
		if want := ofAll(values(all)); kept != want {
			t.Fatalf("kept %+v, all together are %+v", kept, want)
		}
	})
}

func values(all map[uint32]sample) []sample {
	out := make([]sample, 0, len(all))
	for _, s := range all {
		out = append(out, s)
	}
	return out
}

// The samples of one person who was two tell what they would have told of one.
func TestJoined(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var parts [2][]sample
		n := rapid.IntRange(0, 12).Draw(t, "samples")
		for i := range n {
			s := sample{
				source: uint32(i + 1), sampled: 1 + int64(i)*rapid.SampledFrom([]int64{61, 86400}).Draw(t, "apart") + 100, //nolint:gosec // small
				state: rapid.SampledFrom([]State{Awaited, Negative, Checked, Positive}).Draw(t, "state"),
			}
			s.resulted = s.sampled + 100
			k := rapid.IntRange(0, 1).Draw(t, "whose")
			if slices.ContainsFunc(slices.Concat(parts[0], parts[1]), func(x sample) bool { return x.sampled == s.sampled }) {
				continue
			}
			parts[k] = append(parts[k], s)
		}
		got, want := joined(ofAll(slices.Clone(parts[0])), ofAll(slices.Clone(parts[1]))), ofAll(slices.Concat(parts[0], parts[1]))
		if got != want {
			t.Fatalf("joined %+v, together %+v", got, want)
		}
	})
}

// What a tube's result means for whoever is in it. Of a pool nobody is told that they are positive.
func TestOfTube(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   screening.Kind
		people int
		result lab.TubeResult
		want   string
	}{
		{screening.Pool, 10, lab.TubeAwaited, "awaited"},
		{screening.Pool, 10, lab.TubeNegative, "negative"},
		{screening.Pool, 10, lab.TubePositive, "checked"},
		{screening.Household, 3, lab.TubePositive, "checked"},
		{screening.Household, 1, lab.TubePositive, "positive"},
		{screening.Single, 1, lab.TubePositive, "positive"},
		{screening.Pool, 1, lab.TubePositive, "positive"},
		{screening.Pool, 10, lab.TubeInconclusive, "again"},
		{screening.Single, 1, lab.TubeInvalid, "again"},
		{screening.Pool, 10, lab.TubeLost, "again"},
		{screening.Pool, 10, lab.TubeLeaked, "again"},
	} {
		if got := ofTube(&store.TubeOutcome{Kind: c.kind, People: c.people, Result: c.result}).String(); got != c.want {
			t.Errorf("%s of %d, %q: told %s, want %s", c.kind, c.people, c.result, got, c.want)
		}
	}
	for _, c := range []struct {
		method lab.Method
		result lab.Result
		want   string
	}{
		{lab.PCR, lab.Awaited, "awaited"}, {lab.PCR, lab.Negative, "negative"}, {lab.PCR, lab.Positive, "positive"}, {lab.PCR, lab.Invalid, "again"}, {lab.PCR, lab.Inconclusive, "again"},
		{lab.Antigen, lab.Positive, "none"}, {lab.Antigen, lab.Negative, "none"}, {lab.Serology, lab.Positive, "none"},
	} {
		if got := ofSpecimen(&lab.Specimen{Method: c.method, Result: c.result}).String(); got != c.want {
			t.Errorf("%s %q: told %s, want %s", c.method, c.result, got, c.want)
		}
	}
}
