package roundplan

import (
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
)

// RemedyWords says a remedy of the planner in the reader's language. text is the planner's own, for a plan that was kept before remedies had keys.
func RemedyWords(c *round.Change, text string) i18n.Msg {
	if c == nil || c.Key == "" {
		return i18n.M("remedy.other", "text", text)
	}
	if c.Key == round.LargerPool && c.Class != roundcity.Class(int(c.Of)) { // a class that says more than its size
		return i18n.M("remedy.pool_of", "n", c.N, "of", c.Of, "class", c.Class)
	}
	return i18n.M("remedy."+string(c.Key), "n", c.N, "of", c.Of)
}

// ShortWords say what a plan lacks, summed by what there is too little of.
func ShortWords(p *round.Plan) []i18n.Msg {
	type lack struct{ people, tubes, places int64 }
	sums, order := map[string]*lack{}, []string{}
	var late *round.Short
	for i, s := range p.Short {
		if p.Complete {
			late = &p.Short[i]
			continue
		}
		if sums[s.Resource] == nil {
			sums[s.Resource] = &lack{}
			order = append(order, s.Resource)
		}
		x := sums[s.Resource]
		x.people, x.tubes, x.places = x.people+s.People, x.tubes+s.Tubes, x.places+1
	}
	var out []i18n.Msg
	for _, name := range order {
		x := sums[name]
		key := strings.ReplaceAll(name, " ", "_")
		out = append(out, i18n.M("plan.short."+key, "n", x.people, "tubes", x.tubes, "places", x.places))
	}
	if late != nil {
		out = append(out, i18n.M("plan.short.late", "n", late.Tubes, "at", p.Start.Add(time.Duration(p.Deadline*float64(time.Hour)))))
	}
	return out
}

// NoteWords say what was assumed. and stands between two names.
func NoteWords(n roundcity.Note, and string) i18n.Msg {
	return i18n.M("plan.note."+string(n.Kind), "n", n.N, "of", n.Of, "names", strings.Join(n.IDs, and))
}
