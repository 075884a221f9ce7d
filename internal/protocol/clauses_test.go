package protocol_test

import (
	"testing"

	"firebreak/internal/protocol"
)

func TestClausesInFileOrder(t *testing.T) {
	t.Parallel()
	packs, err := protocol.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packs {
		list := p.Clauses()
		if len(list) < 20 {
			t.Errorf("%s: %d clauses", p.Ref(), len(list))
		}
		for i, c := range list {
			if one, ok := p.Clause(c.Path); !ok || one != c {
				t.Errorf("%s: Clause(%q) = %v, want %v", p.Ref(), c.Path, one, c)
			}
			if i > 0 && c.Line < list[i-1].Line {
				t.Errorf("%s: %s stands before %s", p.Ref(), list[i-1].Path, c.Path)
			}
			if c.Value == "" || c.Source == "" || c.Status == "" {
				t.Errorf("%s: %+v", p.Ref(), c)
			}
		}
	}
}
