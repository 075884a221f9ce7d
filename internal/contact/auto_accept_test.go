package contact_test

import (
	"testing"

	"firebreak/internal/contact"
)

func TestAutoEffect(t *testing.T) {
	list := []contact.ProposalCount{{Case: 1, Tier: contact.Close, N: 3}, {Case: 1, Tier: contact.General, N: 40}, {Case: 2, Tier: contact.Close, N: 9}, {Case: 3, Tier: contact.General, N: 2}}
	for _, c := range []struct {
		tiers []contact.Tier
		most  int
		want  contact.AutoEffect
	}{
		{nil, 0, contact.AutoEffect{Cases: 3}},
		{[]contact.Tier{contact.Close}, 5, contact.AutoEffect{Cases: 3, Accepted: 3, Of: 1, Beyond: 1, Waiting: 9}},
		{[]contact.Tier{contact.Close}, 9, contact.AutoEffect{Cases: 3, Accepted: 12, Of: 2}},
		{[]contact.Tier{contact.Close, contact.General}, 10, contact.AutoEffect{Cases: 3, Accepted: 11, Of: 2, Beyond: 1, Waiting: 43}},
	} {
		if got := (contact.AutoAccept{Tiers: c.tiers, Most: c.most}).Effect(list); got != c.want {
			t.Errorf("tiers %v, at most %d: %+v, want %+v", c.tiers, c.most, got, c.want)
		}
	}
	if got := (contact.AutoAccept{Tiers: []contact.Tier{contact.Close}, Most: 5}).Effect(nil); got != (contact.AutoEffect{}) {
		t.Errorf("nobody was asked about: %+v", got)
	}
}
