package scorecard

import (
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for score cards.
type Handler struct{ page *ui.Page }

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{page}, err
}

// listed is how many of the newest cards are listed.
const listed = 100

// Show is GET /o/{outbreak}/drill: the newest card, or that of ?n=. A card tells of the whole outbreak: it is for whoever reads the cases of all of it.
func (h *Handler) Show(q *site.Request) error {
	if !q.Sees(auth.CaseRead, q.Outbreak.Area) {
		return q.Show(h.page, "drill", View{Empty: &ui.Empty{Title: i18n.M("scorecard.whole"), Hint: i18n.M("scorecard.whole_hint")}})
	}
	var number int64
	if n := q.URL.Query().Get("n"); n != "" {
		var err error
		if number, err = strconv.ParseInt(n, 10, 64); err != nil {
			return &command.Invalid{Field: "n", Value: n, Reason: "is not a number"}
		}
	}
	var kept []store.DrillCard
	err := q.View(func(r *store.Reader) (err error) {
		kept, err = r.DrillCards(q.Outbreak.ID, listed)
		return err
	})
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		return q.Show(h.page, "drill", View{Empty: &ui.Empty{Title: i18n.M("scorecard.none"), Hint: i18n.M("scorecard.none_hint")}})
	}
	if number == 0 {
		number = kept[0].Number
	}
	v := View{}
	var card, last *scorecard.Card // last is of the card before the one that is shown
	for _, k := range kept {
		c, err := scorecard.Decode(k.Card)
		if err != nil {
			return err
		}
		seed := strconv.FormatUint(uint64(k.Seed), 10)
		switch {
		case k.Number == number:
			card = c
			v.Told = &Told{Number: k.Number, KeptAt: k.KeptAt, KeptBy: k.KeptBy, Seed: seed}
		case card != nil && last == nil:
			last = c
			v.Told.Last, v.Told.LastPeople, v.Told.LastSeed = k.Number, c.People, seed
		}
		v.Kept = append(v.Kept, KeptRow{Number: k.Number, Href: q.Path("drill") + "?n=" + strconv.FormatInt(k.Number, 10), Current: k.Number == number, KeptAt: k.KeptAt, People: k.People, Days: k.Days, Seed: seed, Sound: c.Sound(), Zero: zero(c.CommunityZero)})
	}
	if card == nil {
		return store.ErrNotFound
	}
	v.Told.Say(card, last)
	return q.Show(h.page, "drill", v)
}
