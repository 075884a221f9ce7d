package exchange

import (
	"cmp"
	"slices"
	"strings"
)

// Recognition is one way to read a file, found from its header.
type Recognition struct {
	Format string `json:"format"` // as in Map.Format
	Title  string `json:"title"`  // for people
	Kind   Kind   `json:"kind"`
	// Confidence from 0 to 1: how particular the layout is and how many of the file's columns it explains. From 0.8 on a file
	// may be imported without asking; below, a person should look at the preview.
	Confidence float64 `json:"confidence"`
	Map        Map     `json:"map"`
	// Unmapped columns are kept as attributes.
	Unmapped []string `json:"unmapped,omitempty"`
}

// Recognise proposes maps for a header, the best first; none when nothing fits.
func Recognise(header []string) []Recognition {
	keys := make([]string, len(header))
	at := make(map[string]int, len(header))
	for i, h := range header {
		keys[i] = normalise(h)
		if _, twice := at[keys[i]]; !twice && keys[i] != "" {
			at[keys[i]] = i
		}
	}
	var found []Recognition
	for rank, f := range formats() {
		if r, ok := f.match(header, keys, at); ok {
			// Among equals the earlier, more particular layout wins.
			r.Confidence -= float64(rank) * 1e-6
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b Recognition) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return found
}

func (f format) match(header, keys []string, at map[string]int) (Recognition, bool) {
	for _, k := range f.signature {
		if _, ok := at[k]; !ok {
			return Recognition{}, false
		}
	}
	for _, group := range f.anyOf {
		if !slices.ContainsFunc(group, func(k string) bool { _, ok := at[k]; return ok }) {
			return Recognition{}, false
		}
	}
	m := Map{Format: f.name, Kind: f.kind, Fields: map[Field]Column{}}
	used := make([]bool, len(header))
	for _, field := range allFields() {
		names, ok := f.fields[field]
		if !ok {
			continue
		}
		var from []string
		for _, name := range names {
			if i, ok := at[name]; ok && (!used[i] || field == FieldExposureEnd) {
				from = append(from, header[i])
				used[i] = true
				if !takesSeveral(field) {
					break
				}
			}
		}
		if len(from) > 0 {
			m.Fields[field] = Column{From: from}
		}
	}
	if f.kind == KindLinks && (len(m.Fields[FieldFrom].From) == 0 || len(m.Fields[FieldTo].From) == 0) {
		return Recognition{}, false
	}
	if f.adjust != nil {
		f.adjust(&m)
	}
	r := Recognition{Format: f.name, Title: f.title, Kind: f.kind, Map: m}
	for i, u := range used {
		if !u {
			r.Unmapped = append(r.Unmapped, header[i])
		}
	}
	share := float64(len(header)-len(r.Unmapped)) / float64(max(len(header), 1))
	switch {
	case len(f.signature) >= 3:
		r.Confidence = 0.9 + 0.1*share
	case len(f.signature) > 0:
		r.Confidence = 0.75 + 0.2*share
	default:
		r.Confidence = 0.4 + 0.45*share
	}
	return r, true
}

// takesSeveral says whether a field uses every column that means it, rather than the first.
func takesSeveral(f Field) bool {
	switch f {
	case FieldOtherCode, FieldName, FieldAddress, FieldClusters, FieldSource:
		return true
	default:
		return false
	}
}

// columnsByName finds columns by their exact name first and by their normalised name second, so that a saved map survives
// small changes of the header.
func columnsByName(header []string) func(string) (int, bool) {
	exact := make(map[string]int, len(header))
	loose := make(map[string]int, len(header))
	for i, h := range header {
		exact[h] = i
		k := normalise(h)
		if _, twice := loose[k]; !twice {
			loose[k] = i
		}
	}
	return func(name string) (int, bool) {
		if i, ok := exact[strings.TrimSpace(name)]; ok {
			return i, true
		}
		k := normalise(name)
		if k == "" {
			return 0, false
		}
		i, ok := loose[k]
		return i, ok
	}
}
