package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/users"
)

// Detail says in words what an entry tells beside its kind: of a name that was read, for what and why; of a change, what changed; by which rule.
func Detail(q *site.Request, e journal.Entry) ui.Cell {
	switch e.Kind {
	case journal.NameRead:
		var p struct {
			Purpose auth.Purpose `json:"purpose"`
			Reason  string       `json:"reason"`
			Fields  []string     `json:"fields"`
		}
		if json.Unmarshal(e.Payload, &p) == nil {
			return ui.Words(i18n.M("audit.name_read", "purpose", p.Purpose.Title(auth.Lang(q.Lang())), "reason", p.Reason, "fields", strings.Join(p.Fields, ", ")))
		}
	case journal.UserAdded, journal.UserChanged:
		var p struct {
			Login string `json:"login"`
		}
		if json.Unmarshal(e.Payload, &p) == nil {
			return ui.Words(i18n.M("audit.user", "login", p.Login, "what", users.Change(q, e.Payload)))
		}
	default: // as it stands in the journal, below
	}
	return ui.Code(flat(e), "")
}

// said are the parts of a payload that say how somebody came to do something, and nothing about a person.
var said = [...]string{"task", "kind", "level", "to", "state", "from_level", "reason", "format", "rows", "count", "scope", "purpose"}

// most is how much a line shows, characters.
const most = 240

// flat says the rest of a payload as "key value; key value". Of a record of a person it says which fields were touched, never what they hold: the auditor sees
// who did what, and no person.
func flat(e journal.Entry) string {
	var parts []string
	if e.Rule != "" {
		parts = append(parts, "rule "+e.Rule)
	}
	if e.Clause != "" {
		parts = append(parts, e.Pack+" "+e.Clause)
	}
	var p map[string]any
	if json.Unmarshal(e.Payload, &p) == nil {
		personal := ofPerson(e)
		for _, k := range slices.Sorted(maps.Keys(p)) {
			switch v := p[k].(type) {
			case nil:
			case map[string]any:
				if len(v) > 0 {
					parts = append(parts, k+" "+strings.Join(slices.Sorted(maps.Keys(v)), ", "))
				}
			case []any:
				parts = append(parts, k+" "+strconv.Itoa(len(v)))
			default:
				if text := fmt.Sprint(v); text != "" && (!personal || slices.Contains(said[:], k)) {
					parts = append(parts, k+" "+text)
				}
			}
		}
	}
	text := []rune(strings.Join(parts, "; "))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// ofPerson says whether an entry is about a record of a person.
func ofPerson(e journal.Entry) bool {
	switch e.Subject.Kind {
	case "", task.OnOutbreak, store.OnUser, store.OnToken:
		return false
	default: // a record of somebody, or made of such
	}
	return true
}
